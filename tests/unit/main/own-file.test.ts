import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { findOwnFile } from '#main/own-file.ts';
import { mainInputs } from '../../../electron.vite.config.ts';

/** What the code asks for by name. */
const asked = globSync('src/main/**/*.ts')
  .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/findOwnFile\('([^']+)'/g)].map(([, path]) => path ?? ''))
  .sort();

it('is the one among the sources when they are what runs', () => {
  expect(asked).toEqual([
    'database/backup.worker.ts',
    'database/damage.worker.ts',
    'modules/api/reads/long-reads.worker.ts',
    'runtimes/process/wrapper.entry.ts',
  ]);
  expect(asked.map((path) => findOwnFile(path))).toEqual(asked.map((path) => join(process.cwd(), 'src', 'main', path)));
  expect(asked.filter((path) => !existsSync(findOwnFile(path)))).toEqual([]);
});

it('is built where it is looked for, in whatever file the code that asks has ended up', () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'clos-own-')));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'out', 'main', 'chunks'), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{}');
  const chunk = pathToFileURL(join(root, 'out', 'main', 'chunks', 'own-file.js')).href;
  const built = Object.entries(mainInputs()).map(([name, source]) => [source, join(root, 'out', 'main', `${name}.js`)]);

  expect(built).toEqual(expect.arrayContaining(asked.map((path) => [`src/main/${path}`, findOwnFile(path, chunk)])));
});

it('is outside of the archive of a packaged app where another program runs it, and so are native modules', () => {
  const packaging = readFileSync('electron-builder.yml', 'utf8');
  const [, unpacked = ''] = /^asarUnpack:\n((?: {2}.*\n)+)/m.exec(packaging) ?? [];
  const files = [...unpacked.matchAll(/^ {2}- '?([^'\n]+)/gm)].map(([, pattern]) => pattern);

  expect(files).toEqual(['**/*.node', 'out/main/runtimes/process/wrapper.entry.js']);
});
