import { createHmac } from 'node:crypto';

/**
 * The headers that let a receiver know who sent a body, when, and which delivery it is.
 *
 * Signed is what Standard Webhooks signs, `id.timestamp.body`, with the key that follows `whsec_` in base 64; the names of the headers
 * are our own and the signature is in hex (github.com/standard-webhooks/standard-webhooks).
 */
export function signedHeaders(message: { id: string; body: string; seconds: number; secret: string }) {
  const { id, body, seconds, secret } = message;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('hex');
  return {
    'clos-webhook-id': id,
    'clos-webhook-timestamp': String(seconds),
    'clos-webhook-signature': `v1=${signature}`,
  };
}
