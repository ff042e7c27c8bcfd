import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCompany, type Company } from "./company.ts";

const SCRIPT = join(import.meta.dirname, "slapd.sh");

export interface SlapdOptions {
  users: number;
  groups: number;
  seed?: number;
  nested?: boolean;
  port?: number;
  /** Settings of slapd.sh, e.g. `{ SIZE_SOFT: "50", IDLE_TIMEOUT: "1" }`. */
  env?: Record<string, string>;
}

/** A private OpenLDAP server on 127.0.0.1, filled with a made-up company. */
export class Slapd implements AsyncDisposable {
  readonly base = "dc=example,dc=test";
  readonly syncDn = `cn=sync,ou=services,${this.base}`;
  readonly syncPassword = "sync-secret";
  readonly adminDn = `cn=admin,${this.base}`;
  readonly adminPassword = "admin-secret";
  readonly port: number;
  readonly tlsPort: number;
  readonly url: string;
  readonly ldapsUrl: string;
  /** Path of the CA's PEM file. */
  readonly caPath: string;
  readonly company: Company;
  readonly #directory: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(directory: string, [port, tlsPort]: [number, number], options: SlapdOptions) {
    const { users, groups, seed = 1, nested = true, env = {} } = options;
    this.port = port;
    this.tlsPort = tlsPort;
    this.url = `ldap://127.0.0.1:${String(port)}`;
    this.ldapsUrl = `ldaps://127.0.0.1:${String(tlsPort)}`;
    this.caPath = join(directory, "tls", "ca.pem");
    this.company = makeCompany({ users, groups, seed, nested, base: this.base });
    this.#directory = directory;
    this.#env = {
      ...process.env,
      NODE: process.execPath,
      NODE_OPTIONS: "",
      USERS: String(users),
      GROUP_COUNT: String(groups),
      SEED: String(seed),
      NESTED: nested ? "1" : "0",
      TLS_PORT: String(tlsPort),
      ...env,
    };
  }

  get ca(): string {
    return readFileSync(this.caPath, "utf8");
  }

  async start(): Promise<void> {
    await run(SCRIPT, ["start", this.#directory, String(this.port)], this.#env);
  }

  async stop(): Promise<void> {
    await run(SCRIPT, ["stop", this.#directory], this.#env);
  }

  /** Stops and starts with the same data and ports; open connections are cut. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Applies LDIF change records as the administrator, who meets no limit. */
  async modify(ldif: string): Promise<void> {
    const account = ["-D", this.adminDn, "-w", this.adminPassword];
    await run("ldapmodify", ["-x", "-H", this.url, ...account], this.#env, `${ldif.trim()}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** Starts slapd in a directory of its own below the system's temporary one. */
export async function startSlapd(options: SlapdOptions): Promise<Slapd> {
  // Between finding a free port and using it somebody else may take it.
  for (let attempt = 1; ; attempt++) {
    const directory = await mkdtemp(join(tmpdir(), "bridge-slapd-"));
    const [free, freeTls] = await freePorts();
    const slapd = new Slapd(directory, [options.port ?? free, freeTls], options);
    try {
      await slapd.start();
      return slapd;
    } catch (thrown) {
      await rm(directory, { recursive: true, force: true });
      if (attempt === 3) throw thrown;
    }
  }
}

async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()] as const;
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, "127.0.0.1", () => {
            resolve((server.address() as AddressInfo).port);
          });
        }),
    ),
  );
  await Promise.all(
    servers.map(
      (server) =>
        new Promise<void>((resolve) => {
          server.close(() => {
            resolve();
          });
        }),
    ),
  );
  return [ports[0] ?? 0, ports[1] ?? 0];
}

function run(file: string, args: string[], env: NodeJS.ProcessEnv, input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(file, args, { env }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${file} ${args[0] ?? ""} failed: ${stderr || error.message}`));
    });
    child.stdin?.end(input);
  });
}
