import { z } from "zod";

const systemError = z.object({ code: z.string() });

const TEXTS: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist",
  ENOTDIR: "it does not exist",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "it is a folder",
  EFBIG: "it is too large",
};

/** Why a file could not be read, in words. */
export function causeText(thrown: unknown): { text: string; missing: boolean } {
  const parsed = systemError.safeParse(thrown);
  const code = parsed.success ? parsed.data.code : "unknown error";
  return { text: TEXTS[code] ?? code, missing: code === "ENOENT" || code === "ENOTDIR" };
}
