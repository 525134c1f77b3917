import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Authority, type Certificate, createAuthority, selfSigned } from '#tests/support/certificates.ts';
import { startReceiver, type WebhookReceiver } from '#tests/support/webhook-receiver.ts';

let authority: Authority;
const receivers: WebhookReceiver[] = [];

beforeAll(() => {
  authority = createAuthority();
});
afterEach(async () => {
  for (const receiver of receivers.splice(0)) await receiver.close();
});
afterAll(() => authority.remove());

async function receive(certificate?: Certificate): Promise<{ receiver: WebhookReceiver; port: string }> {
  const receiver = await startReceiver(() => 204, certificate);
  receivers.push(receiver);
  return { receiver, port: new URL(receiver.url).port };
}

/** Posts to a URL whose name is nobody's, and is resolved to this machine, in a process that trusts the authority. */
const script = `
  import { post } from '#main/modules/worker/webhooks/post.ts';
  const outcome = await post(
    { url: process.argv[1], secret: 'whsec_AAAA', id: 'whk_1-1', body: '{}' },
    {
      ownPorts: async () => new Set(),
      timeoutMs: 5000,
      signal: new AbortController().signal,
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    },
  );
  console.log(JSON.stringify(outcome));
`;

async function postTo(url: string): Promise<{ delivered: boolean; status: number | null; reason: string | null }> {
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: authority.file };
  const args = ['--input-type=module', '-e', script, url];
  return JSON.parse((await promisify(execFile)(process.execPath, args, { env })).stdout);
}

const refused = (reason: string) => ({ delivered: false, status: null, reason, retryAfterMs: null });

describe('a post over TLS', () => {
  it('asks for the name of the URL and checks the certificate against it, though the address is pinned', async () => {
    const { receiver, port } = await receive(authority.certify('receiver.invalid'));
    expect(await postTo(`https://receiver.invalid:${port}/hook`)).toEqual({
      delivered: true,
      status: 204,
      reason: null,
      retryAfterMs: null,
    });
    expect(receiver.received.map(({ servername, headers }) => [servername, headers.host])).toEqual([
      ['receiver.invalid', `receiver.invalid:${port}`],
    ]);
  });

  it.each([
    ['for another name', () => authority.certify('localhost'), 'The certificate is for another name.'],
    ['that has expired', () => authority.certify('receiver.invalid', -1), 'The certificate has expired.'],
    ['that vouches for itself', () => selfSigned('receiver.invalid'), 'The certificate is self-signed.'],
    ['and there is none', () => undefined, 'The receiver does not speak TLS.'],
  ])('is not made to a certificate %s', async (_what, certificate, reason) => {
    const { receiver, port } = await receive(certificate());
    expect(await postTo(`https://receiver.invalid:${port}/hook`)).toEqual(refused(reason));
    expect(receiver.received).toEqual([]);
  });

  it('is not made to the certificate of an authority that nobody has named', async () => {
    const other = createAuthority();
    const { receiver, port } = await receive(other.certify('receiver.invalid'));
    other.remove();
    expect(await postTo(`https://receiver.invalid:${port}/hook`)).toEqual(
      refused('The certificate is signed by nobody whom CLOS trusts.'),
    );
    expect(receiver.received).toEqual([]);
  });
});
