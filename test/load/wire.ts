import { connect, type Socket } from "node:net";

const HEAD_END = Buffer.from("\r\n\r\n");

/**
 * One keep-alive connection for one POST at a time. As thin as it can be, so that the load costs less
 * than the server; no pipelining, as no sender of hooks does that.
 */
export class Wire {
  readonly #port: number;
  #socket: Socket | undefined;
  #received: Buffer = Buffer.alloc(0);
  #answered: ((status: number) => void) | undefined;

  constructor(url: string) {
    this.#port = Number(new URL(url).port);
  }

  /** Sends one whole request; resolves to the status, 0 when the connection was cut. */
  post(request: Buffer): Promise<number> {
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.#socket ??= this.#open();
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #open(): Socket {
    const socket = connect(this.#port, "127.0.0.1");
    socket.setNoDelay(true);
    socket.on("data", (chunk) => {
      this.#read(chunk);
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.#socket = undefined;
      this.#received = Buffer.alloc(0);
      this.#answer(0);
    });
    return socket;
  }

  #read(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const end = this.#received.indexOf(HEAD_END);
    if (end < 0) return;
    const status = Number(this.#received.toString("latin1", 9, 12));
    if (status !== 204) {
      const length = /content-length: (\d+)/i.exec(this.#received.toString("latin1", 0, end))?.[1] ?? "0";
      if (this.#received.length < end + HEAD_END.length + Number(length)) return;
    }
    this.#received = Buffer.alloc(0);
    this.#answer(status);
  }

  #answer(status: number): void {
    const answered = this.#answered;
    this.#answered = undefined;
    answered?.(status);
  }
}
