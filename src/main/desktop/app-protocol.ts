import { readFile, realpath } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/**
 * The policy of the window's page: its own files and nothing else. `connectSources` are the origins of the live connection.
 * Styles may be set inline, because charts and lists position their parts that way; scripts may not.
 */
export function contentSecurityPolicy(connectSources: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src ${["'self'", ...connectSources].join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function refuse(status: 404 | 405): Response {
  return new Response(null, { status });
}

/** The file below `root` that a path of the URL names, or null if it leaves the folder, in any spelling, or is no path. */
export function containedPath(root: string, pathname: string): string | null {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  if (/[\0\\:]/.test(decoded)) return null;
  const path = normalize(join(root, decoded));
  return path.startsWith(root + sep) || path === root ? path : null;
}

/**
 * Answers the requests for `clos://app/…` from a folder of built files.
 *
 * A path without an extension is a page of the application and gets `index.html`. A link that leads out of the folder, a path
 * that leaves it, another host or another method than GET is refused.
 */
export function appHandler(options: {
  root: string;
  connectSources: () => readonly string[];
}): (request: Request) => Promise<Response> {
  const { root, connectSources } = options;
  return async (request) => {
    if (request.method !== 'GET') return refuse(405);
    const { host, pathname } = new URL(request.url);
    const path = host === 'app' ? containedPath(root, pathname) : null;
    if (path === null) return refuse(404);
    const extension = extname(path);
    const file = extension === '' ? join(root, 'index.html') : path;
    try {
      const [real, realRoot] = await Promise.all([realpath(file), realpath(root)]);
      if (!real.startsWith(realRoot + sep)) return refuse(404);
      return new Response(await readFile(real), {
        headers: {
          'content-type': types[extname(file)] ?? 'application/octet-stream',
          'content-security-policy': contentSecurityPolicy(connectSources()),
          'cross-origin-opener-policy': 'same-origin',
          'cross-origin-resource-policy': 'same-origin',
          'referrer-policy': 'no-referrer',
          'x-content-type-options': 'nosniff',
          'cache-control': 'no-store',
        },
      });
    } catch {
      return refuse(404);
    }
  };
}
