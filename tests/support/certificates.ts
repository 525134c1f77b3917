import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  key: string;
  cert: string;
}

export interface Authority {
  /** Its certificate, as `NODE_EXTRA_CA_CERTS` wants it. */
  file: string;
  /** Signs a certificate for a name. With days below zero it has expired. */
  certify(name: string, days?: number): Certificate;
  remove(): void;
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** An authority for certificates that nobody trusts unless told to, in a folder of its own. */
export function createAuthority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'clos-ca-'));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '1', '-subj', '/CN=CLOS test CA');
  return {
    file: join(folder, 'ca.pem'),
    certify(name, days = 1) {
      writeFileSync(join(folder, 'names'), `subjectAltName=DNS:${name}`);
      openssl('req', '-new', ...newKey, '-keyout', 'key', '-out', 'request', '-subj', `/CN=${name}`);
      const signer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'];
      openssl('x509', '-req', '-in', 'request', ...signer, '-days', `${days}`, '-extfile', 'names', '-out', 'cert');
      return { key: read('key'), cert: read('cert') };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A certificate that vouches for itself. */
export function selfSigned(name: string): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'clos-self-'));
  try {
    const args = ['req', '-x509', ...newKey, '-keyout', 'key', '-out', 'cert', '-days', '1', '-subj', `/CN=${name}`];
    execFileSync('openssl', [...args, '-addext', `subjectAltName=DNS:${name}`], { cwd: folder, stdio: 'pipe' });
    return { key: readFileSync(join(folder, 'key'), 'utf8'), cert: readFileSync(join(folder, 'cert'), 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
