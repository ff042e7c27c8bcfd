import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposableSync, readFileSync } from "node:fs";
import { createServer as createHttps } from "node:https";
import { connect, createServer } from "node:net";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { clientOf, failureOf, MEMBER_ID, OTHER_ID, startScript } from "./bitwarden-client-fixture.ts";

const SELF_SIGNED =
  "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test -addext subjectAltName=IP:127.0.0.1";

function opensslIsMissing(): boolean {
  if (spawnSync("openssl", ["version"]).status === 0) return false;
  if (process.env.CI === "true") throw new Error("openssl not found");
  process.stderr.write("skipped: openssl not found\n");
  return true;
}

async function portOf(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** An HTTPS server with a certificate that nobody knows; answers every request with an empty 200. */
async function startPrivateHttps() {
  using directory = mkdtempDisposableSync(join(tmpdir(), "bitwarden-client-"));
  const [key, cert] = [join(directory.path, "key.pem"), join(directory.path, "cert.pem")];
  execFileSync("openssl", [...SELF_SIGNED.split(" "), "-keyout", key, "-out", cert], { stdio: "ignore" });
  const ca = readFileSync(cert, "utf8");
  const paths: string[] = [];
  const server = createHttps({ key: readFileSync(key), cert: ca }, (request, response) => {
    paths.push(request.url ?? "");
    response.end();
  });
  const port = await portOf(server);
  return {
    ca,
    paths,
    port,
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe.skipIf(opensslIsMissing())("over TLS, the client", () => {
  test("trusts a private authority when it is given, and sends nothing when not", async () => {
    using api = await startPrivateHttps();
    const apiUrl = `https://127.0.0.1:${String(api.port)}`;
    await using identity = await startScript(() => undefined);
    await using stranger = clientOf(identity, { apiUrl });
    await using friend = clientOf(identity, { apiUrl, ca: api.ca });

    const error = await failureOf(stranger.removeMember(MEMBER_ID));
    const removed = await friend.removeMember(OTHER_ID);

    expect(error).toMatchObject({ code: "BITWARDEN_UNREACHABLE", retry: "later" });
    expect(error.message).toContain("SELF_SIGNED");
    expect(removed).toBe("done");
    expect(api.paths).toStrictEqual([`/public/members/${OTHER_ID}`]);
  });

  test("never sends a request that timed out while connecting, even if the connection comes later", async () => {
    using api = await startPrivateHttps();
    const open = Promise.withResolvers<undefined>();
    const proxy = createServer((socket) => {
      void open.promise.then(() => socket.pipe(connect(api.port, "127.0.0.1")).pipe(socket));
      socket.on("error", () => socket.destroy());
    });
    const apiUrl = `https://127.0.0.1:${String(await portOf(proxy))}`;
    await using identity = await startScript(() => undefined);
    await using client = clientOf(identity, { apiUrl, ca: api.ca, timeoutMs: 200 });

    const error = await failureOf(client.removeMember(MEMBER_ID));
    open.resolve(undefined);
    const removed = await client.removeMember(OTHER_ID);
    proxy.close();

    expect(error.code).toBe("BITWARDEN_UNREACHABLE");
    expect(removed).toBe("done");
    expect(api.paths).toStrictEqual([`/public/members/${OTHER_ID}`]);
  });
});
