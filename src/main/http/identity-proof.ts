import { createPrivateKey, sign } from 'node:crypto';

/**
 * Proves that a listener belongs to the CLOS of this home: an Ed25519 signature (RFC 8032, base64url) over
 * `clos:<nonce>:<address>:<port>`. Address and port are those that the connection came in on, so that an impostor cannot pass
 * the question on to us and hand out our answer.
 */
export function createProver(privateKeyPem: string): (nonce: string, address: string, port: number) => string {
  const key = createPrivateKey(privateKeyPem);
  return (nonce, address, port) =>
    sign(null, Buffer.from(`clos:${nonce}:${address}:${port}`), key).toString('base64url');
}
