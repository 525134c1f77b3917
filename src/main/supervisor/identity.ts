import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { recordOf } from '#shared/base/record-of.ts';
import { moduleNames } from '#shared/contract/access.ts';
import type { Home } from '#shared/node/home.ts';
import type { ModuleContext } from './module.ts';

/**
 * The Ed25519 key by which this home's CLOS proves itself, made at the first start (mode 0600). The public half goes into the
 * discovery file.
 */
export function loadIdentity(home: Home): { privateKeyPem: string; publicKey: string } {
  mkdirSync(home.root, { recursive: true, mode: 0o700 });
  let pem: string;
  try {
    pem = readFileSync(home.identityFile, 'utf8');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    writeFileSync(home.identityFile, pem, { mode: 0o600, flag: 'wx' });
  }
  const publicKey = createPublicKey(createPrivateKey(pem))
    .export({ type: 'spki', format: 'der' })
    .toString('base64url');
  return { privateKeyPem: pem, publicKey };
}

/** This run's keys of the modules. They live in memory only. */
export function makeServiceKeys(): ModuleContext['serviceKeys'] {
  const make = () => `clos_m_${randomBytes(32).toString('base64url')}`;
  return recordOf([...moduleNames, 'supervisor'], make);
}
