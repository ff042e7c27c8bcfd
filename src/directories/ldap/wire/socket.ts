import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { ExtendedRequest } from "ldapts";
import { decode } from "./decode.ts";
import { resultError } from "./errors.ts";
import { Frames } from "./frames.ts";

/** Where to connect and how to trust what answers. PEM contents, not paths. */
export interface Transport {
  hostname: string;
  port: number;
  security: "ldaps" | "starttls" | "plain";
  ca?: string | Buffer;
  cert?: string | Buffer;
  key?: string | Buffer;
  allowUnauthorized: boolean;
  /** TCP, TLS and StartTLS together. */
  connectTimeoutMs: number;
}

const START_TLS = "1.3.6.1.4.1.1466.20037";

/** Opens a socket that is ready for the bind: encrypted, if it is to be, and verified. */
export async function openSocket(transport: Transport, signal: AbortSignal): Promise<Socket> {
  const deadline = AbortSignal.timeout(transport.connectTimeoutMs);
  const stop = AbortSignal.any([signal, deadline]);
  const { hostname: host, port } = transport;
  const first =
    transport.security === "ldaps" ? connectTls({ host, port, ...tlsOptions(transport) }) : connectTcp({ host, port });
  const abort = (): void => {
    const seconds = String(transport.connectTimeoutMs / 1000);
    first.destroy(new Error(deadline.aborted ? `no connection within ${seconds} s` : "the request was cancelled"));
  };
  stop.addEventListener("abort", abort);
  if (stop.aborted) abort();
  try {
    await once(first, transport.security === "ldaps" ? "secureConnect" : "connect");
    first.setNoDelay(true).setKeepAlive(true, 60_000);
    if (transport.security !== "starttls") return first;
    await askForTls(first);
    const secure = connectTls({ socket: first, host, ...tlsOptions(transport) });
    await once(secure, "secureConnect");
    return secure;
  } catch (thrown) {
    first.destroy();
    throw thrown;
  } finally {
    stop.removeEventListener("abort", abort);
  }
}

function tlsOptions(transport: Transport): ConnectionOptions {
  const { hostname, ca, cert, key, allowUnauthorized } = transport;
  return {
    ...(isIP(hostname) === 0 && { servername: hostname }),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    rejectUnauthorized: !allowUnauthorized,
    minVersion: "TLSv1.2",
  };
}

async function askForTls(socket: Socket): Promise<void> {
  const frames = new Frames();
  const answer = new Promise<Buffer>((resolve, reject) => {
    socket.once("error", reject);
    socket.once("close", () => {
      reject(new Error("the server closed the connection"));
    });
    socket.on("data", (chunk: Buffer) => {
      try {
        const [frame, ...more] = frames.push(chunk);
        // Whatever follows in clear text was injected by somebody on the way.
        if (more.length > 0 || (frame !== undefined && frames.pendingBytes > 0))
          throw new Error("clear text after StartTLS");
        if (frame !== undefined) resolve(frame);
      } catch (thrown) {
        reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
      }
    });
  });
  socket.write(new ExtendedRequest({ messageId: 1, oid: START_TLS }).write());
  try {
    const reply = decode(await answer);
    if (reply.kind !== "result") throw new Error("the answer to StartTLS is not LDAP");
    if (reply.result.code !== 0) throw resultError(reply.result, "StartTLS");
  } finally {
    socket.removeAllListeners();
  }
}

function once(socket: Socket, event: "connect" | "secureConnect"): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (settle: () => void): void => {
      socket.off("error", onError).off("close", onClose).off(event, onEvent);
      settle();
    };
    const onEvent = (): void => {
      done(resolve);
    };
    const onError = (error: Error): void => {
      done(() => {
        reject(error);
      });
    };
    const onClose = (): void => {
      done(() => {
        reject(new Error("the server closed the connection"));
      });
    };
    socket.on("error", onError).on("close", onClose).on(event, onEvent);
  });
}
