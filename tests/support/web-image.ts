import { readFileSync } from 'node:fs';
import { engineCall, engineRequest } from './engine-http.ts';
import { tar } from './tar.ts';

/**
 * A tiny image that serves /www/index.html on port 80. It also has a shell and a few tools, all of them busybox.
 *
 * A static busybox cannot look up names (glibc wants its libraries for that, `wget http://db/` crashes): `nslookup` can, and
 * everything else takes addresses. As pid 1 it ignores SIGTERM: ask for `Init: true`.
 */
export const webImage = 'clos-test/web:1';

const page = '<!doctype html><title>clos-test</title><p>It works.</p>\n';
const tools = [
  'cat',
  'echo',
  'env',
  'false',
  'httpd',
  'kill',
  'ls',
  'nc',
  'nslookup',
  'ps',
  'sh',
  'sleep',
  'true',
  'wget',
  'yes',
];

/** Makes the image in an engine, offline, out of the busybox of this machine. Does nothing where it exists. */
export async function importWebImage(socketPath: string): Promise<void> {
  const { status } = await engineRequest(socketPath, `/images/${webImage}/json`);
  if (status === 200) return;
  const changes = ['CMD ["busybox","httpd","-f","-p","80","-h","/www"]', 'EXPOSE 80', 'ENV PATH=/bin'];
  const query = new URLSearchParams([
    ['fromSrc', '-'],
    ['repo', webImage.replace(/:.*/, '')],
    ['tag', webImage.replace(/.*:/, '')],
    ...changes.map((change): [string, string] => ['changes', change]),
  ]);
  const answer = await engineCall(socketPath, `/images/create?${query}`, { method: 'POST', body: files() });
  // The engine says 200 first and tells of failures in the stream that follows.
  if (answer.includes('"error"')) throw new Error(`The test image could not be made: ${answer.trim()}`);
}

function files(): Buffer {
  return tar([
    { path: 'bin/busybox', mode: 0o755, content: staticBusybox() },
    ...tools.map((name) => ({ path: `bin/${name}`, link: 'busybox' })),
    { path: 'www/index.html', content: page },
    { path: 'tmp/.keep', content: '' },
    { path: 'etc/passwd', content: 'root:x:0:0:root:/:/bin/sh\nada:x:1000:1000:ada:/:/bin/sh\n' },
  ]);
}

/** Debian's busybox-static. A busybox that needs libraries would not run alone in an image. */
function staticBusybox(): Buffer {
  const bytes = readFileSync('/bin/busybox');
  if (/ld-(linux|musl)/.test(bytes.subarray(0, 4096).toString('latin1'))) {
    throw new Error('/bin/busybox is not static. Install busybox-static.');
  }
  return bytes;
}
