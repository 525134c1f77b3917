/**
 * The head of a complete WebSocket text frame from a server: final, unmasked, opcode 1 (RFC 6455, section 5.2).
 *
 * Such a frame is the same for every client, so it is built once and its bytes are written to all of them.
 */
export function headSize(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}

/** Writes the head of a frame with a payload of this length. Returns where the payload begins. */
export function writeHead(target: Buffer, at: number, length: number): number {
  target[at] = 0x81;
  if (length < 126) {
    target[at + 1] = length;
    return at + 2;
  }
  if (length < 65_536) {
    target[at + 1] = 126;
    return target.writeUInt16BE(length, at + 2);
  }
  target[at + 1] = 127;
  return target.writeBigUInt64BE(BigInt(length), at + 2);
}

/** A payload with its head. */
export function textFrame(payload: Uint8Array): Buffer {
  const { length } = payload;
  const frame = Buffer.allocUnsafe(headSize(length) + length);
  frame.set(payload, writeHead(frame, 0, length));
  return frame;
}

/** A message as a text frame. */
export function jsonFrame(message: object): Buffer {
  return textFrame(Buffer.from(JSON.stringify(message)));
}
