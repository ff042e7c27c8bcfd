/** objectGUID's 16 bytes as Directory Connector writes them: the first three parts byte-reversed, lower case. */
export function guidText(bytes: Buffer): string {
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0"));
  const part = (...order: number[]): string => order.map((index) => hex[index] ?? "").join("");
  return [part(3, 2, 1, 0), part(5, 4), part(7, 6), part(8, 9), part(10, 11, 12, 13, 14, 15)].join("-");
}
