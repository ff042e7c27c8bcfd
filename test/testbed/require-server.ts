import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

const BINARIES = { slapd: ["slapd", "ldapmodify", "openssl"], samba: ["samba", "ldbmodify", "openssl"] };

/**
 * Can the tests have this server? Root may, since the start scripts install what is missing. Without
 * it the tests are skipped with a line that says so; with CI=true that is a failure.
 * For `test.skipIf(!requireServer("slapd"))`.
 */
export function requireServer(name: keyof typeof BINARIES): boolean {
  if (BINARIES[name].every(onPath) || (process.getuid?.() === 0 && onPath("apt-get") && installable(name))) return true;
  if (process.env["CI"] === "true") throw new Error(`${name} not found, and CI=true forbids to skip its tests`);
  console.warn(`skipped: ${name} not found`);
  return false;
}

function onPath(binary: string): boolean {
  const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin"];
  return folders.some((folder) => existsSync(`${folder}/${binary}`));
}

function installable(name: string): boolean {
  try {
    execFileSync("apt-get", ["install", "--simulate", "-y", name], { stdio: "ignore" });
    return true;
  } catch {
    return false; // no package list, or no such package: the same as not installed
  }
}
