/** More than half a million members in one entry; whoever sends more is not a directory. */
const LARGEST_MESSAGE_BYTES = 64 * 1024 * 1024;

/**
 * Cuts a byte stream into LDAP messages by their BER length. Chunks are joined once, when a message
 * is whole, so a 3 MB group that arrives in 50 pieces is copied once, not 50 times.
 */
export class Frames {
  #chunks: Buffer[] = [];
  #bytes = 0;
  #wantedBytes = 0;

  /** Bytes that belong to a message not yet whole. */
  get pendingBytes(): number {
    return this.#bytes;
  }

  /** Takes what arrived and returns the whole messages. Throws when the bytes cannot be LDAP. */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#wantedBytes) return [];
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#bytes);
    const frames: Buffer[] = [];
    let size = frameBytes(rest);
    while (size > 0 && size <= rest.length) {
      frames.push(rest.subarray(0, size));
      rest = rest.subarray(size);
      size = frameBytes(rest);
    }
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#bytes = rest.length;
    this.#wantedBytes = size > 0 ? size : rest.length + 1;
    return frames;
  }
}

/** The size of the message that begins here, header included; 0 while the header is not whole. */
function frameBytes(bytes: Buffer): number {
  if (bytes.length === 0) return 0;
  if (bytes[0] !== 0x30) throw new Error("the answer is not LDAP");
  const first = bytes[1];
  if (first === undefined) return 0;
  if (first < 0x80) return 2 + first;
  const lengthBytes = first & 0x7f;
  if (lengthBytes === 0 || lengthBytes > 4) throw new Error("the answer is not LDAP");
  if (bytes.length < 2 + lengthBytes) return 0;
  const size = 2 + lengthBytes + bytes.readUIntBE(2, lengthBytes);
  if (size > LARGEST_MESSAGE_BYTES) throw new Error(`a message of ${String(size)} bytes`);
  return size;
}
