import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';

/** Sixteen hex digits that tell this home from others on the same engine or Redis: a hash of the public half of its identity. */
export function homeLabel(identityKeyPem: string): string {
  const publicKey = createPublicKey(createPrivateKey(identityKeyPem));
  const text = publicKey.export({ type: 'spki', format: 'der' }).toString('base64url');
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
