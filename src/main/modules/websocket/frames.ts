/**
 * A complete WebSocket text frame from a server: final, unmasked, opcode 1 (RFC 6455, section 5.2).
 *
 * Such a frame is the same for every client, so it is built once and its bytes are written to all of them.
 */
export function textFrame(payload: Buffer): Buffer {
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.of(0x81, length), payload]);
  const header = Buffer.alloc(length < 65_536 ? 4 : 10);
  header[0] = 0x81;
  if (length < 65_536) {
    header[1] = 126;
    header.writeUInt16BE(length, 2);
  } else {
    header[1] = 127;
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([header, payload]);
}

/** A message as a text frame. */
export function jsonFrame(message: object): Buffer {
  return textFrame(Buffer.from(JSON.stringify(message)));
}
