import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';

/** One file of the dashboard, held in memory. */
export interface StaticFile {
  body: Buffer;
  type: string;
  etag: string;
  /** Its name carries a hash of its content, so it never changes under this name. */
  hashed: boolean;
  /** The same, compressed when it was built. */
  encoded: Partial<Record<Encoding, Buffer>>;
}

/** The better one first. */
export const encodings = ['br', 'gzip'] as const;
export type Encoding = (typeof encodings)[number];
const suffixes: Readonly<Record<Encoding, string>> = { br: '.br', gzip: '.gz' };

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.txt': 'text/plain; charset=utf-8',
};

/** `assets/index-BX3c9kQ1.js`: the build puts eight or more characters of a hash before the extension. */
const hashedName = /^\/assets\/.+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/;

function toFile(path: string, url: string): StaticFile {
  const body = readFileSync(path);
  const encoded = Object.fromEntries(
    encodings.flatMap((encoding) => {
      const file = path + suffixes[encoding];
      return existsSync(file) ? [[encoding, readFileSync(file)]] : [];
    }),
  );
  return {
    body,
    type: types[extname(path)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    hashed: hashedName.test(url),
    encoded,
  };
}

/**
 * Reads a folder of built files into a map from URL path to file; null when it holds no `index.html`.
 *
 * What is served is what is in the map, so no path of a request ever reaches the file system. Links are left out, and so are the
 * maps of the sources.
 */
export function readStaticFiles(folder: string): Map<string, StaticFile> | null {
  const files = new Map<string, StaticFile>();
  let entries: Array<{ path: string; url: string }>;
  try {
    entries = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/\.(?:map|br|gz)$/.test(entry.name))
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return { path, url: `/${path.slice(folder.length).replaceAll('\\', '/').replace(/^\/+/, '')}` };
      });
  } catch {
    return null;
  }
  for (const { path, url } of entries) files.set(url, toFile(path, url));
  return files.has('/index.html') ? files : null;
}

export interface StaticFiles {
  /** The files of the present build, or null when there is none. */
  current(): Map<string, StaticFile> | null;
}

/** Reads the folder when it is first asked for, and again when a new build has replaced `index.html`. */
export function watchStaticFiles(folder: string): StaticFiles {
  let files: Map<string, StaticFile> | null = null;
  let builtAt = -1;
  return {
    current() {
      const now = statSync(join(folder, 'index.html'), { throwIfNoEntry: false })?.mtimeMs ?? -1;
      if (now !== builtAt) {
        files = now === -1 ? null : readStaticFiles(folder);
        builtAt = now;
      }
      return files;
    },
  };
}
