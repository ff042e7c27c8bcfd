/** Offset of a time zone from UTC at an instant, both in milliseconds. */
export type OffsetAt = (at: number) => number;

const DAY_MS = 86_400_000;

/** Throws a RangeError when the platform does not know the zone. */
export function zoneOffset(timezone: string): OffsetAt {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: timezone, timeZoneName: "longOffset" });
  return (at) => {
    const name = format.formatToParts(at).find((part) => part.type === "timeZoneName")?.value ?? "GMT";
    const [, sign = "+", hours = "0", minutes = "0", seconds = "0"] =
      /^GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(name) ?? [];
    const ms = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
    return sign === "-" ? -ms : ms;
  };
}

/**
 * The instants at which the wall clock shows `local` (milliseconds of that reading, taken as UTC):
 * two where clocks are set back over it, earliest first. Where they are set forward over it, the
 * clock never shows it; then the one instant as if they had not been, so that the work of a skipped
 * half past two is done at half past three and not left out.
 */
export function instantsOf(local: number, offsetAt: OffsetAt): number[] {
  const before = local - offsetAt(local - DAY_MS);
  const after = local - offsetAt(local + DAY_MS);
  if (before === after) return [before];
  const shown = [before, after].filter((at) => at + offsetAt(at) === local);
  return shown.length === 0 ? [before] : shown;
}
