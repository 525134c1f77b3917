import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findWrapper, findWrapperNode } from '#main/runtimes/process/wrapper-place.ts';
import { ClosError } from '#shared/contract/clos-error.ts';

function folder(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'clos-place-')));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function program(path: string): string {
  writeFileSync(path, '', { mode: 0o755 });
  return path;
}

describe('the Node of the wrappers', () => {
  const execPath = '/opt/clos/clos-desktop';

  it('is our own when we are one', () => {
    expect(findWrapperNode({ execPath: '/usr/bin/node', isElectron: false, env: {} })).toBe('/usr/bin/node');
  });

  it('is the one that CLOS_NODE names, else the first on the PATH, when we are Electron', () => {
    const [empty, bin] = [folder(), folder()];
    const onPath = program(join(bin, process.platform === 'win32' ? 'node.exe' : 'node'));
    const named = program(join(folder(), 'my-node'));
    const PATH = ['', empty, bin].join(delimiter);
    expect(findWrapperNode({ execPath, isElectron: true, env: { PATH } })).toBe(onPath);
    expect(findWrapperNode({ execPath, isElectron: true, env: { PATH, CLOS_NODE: named } })).toBe(named);
  });

  it('is missed with a sentence that says what to do', () => {
    const missing = { execPath, isElectron: true, env: { PATH: folder() } };
    expect(() => findWrapperNode(missing)).toThrow(
      new ClosError(
        'PROCESS_FAILED',
        'The desktop app runs processes with Node, and there is none on the PATH. Install Node 22.12 or newer, or set CLOS_NODE to its path.',
      ),
    );
    const wrong = { execPath, isElectron: true, env: { CLOS_NODE: '/nowhere/node' } };
    expect(() => findWrapperNode(wrong)).toThrow(
      new ClosError('PROCESS_FAILED', 'CLOS_NODE names /nowhere/node, which is no program that can be run.'),
    );
  });
});

describe('the file of the wrapper', () => {
  it('is beside the others among the sources', () => {
    const sources = new URL('../../../../../src/main/runtimes/process/', import.meta.url);
    expect(findWrapper()).toBe(fileURLToPath(new URL('wrapper.entry.ts', sources)));
  });

  it('has its place in a build, whatever file the code has ended up in, and is outside of the archive of a packaged app', () => {
    const places = ['clos', 'app.asar'].map((name) => {
      const root = join(folder(), name);
      const chunk = join(root, 'out', 'main', 'chunks', 'runtime.js');
      mkdirSync(root, { recursive: true });
      writeFileSync(join(root, 'package.json'), '{}');
      return relative(join(root, '..'), findWrapper(pathToFileURL(chunk).href));
    });
    expect(places).toEqual([
      join('clos', 'out', 'main', 'runtimes', 'process', 'wrapper.entry.js'),
      join('app.asar.unpacked', 'out', 'main', 'runtimes', 'process', 'wrapper.entry.js'),
    ]);
  });
});
