import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCaller } from '../../../src/cli/caller.ts';
import { firstFreeName, suggestNames, toName } from '../../../src/cli/run/service-name.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shop-'));
});

afterAll(() => rm(folder, { recursive: true }));

describe('the name of a program', () => {
  it('is made valid from whatever the project is called', () => {
    const texts = ['shop', '@acme/Web App', 'Straßen-Café', '3d.viewer', '--', '日本', `a${'b'.repeat(80)}`, 'x_'];
    expect(texts.map(toName)).toEqual([
      'shop',
      'web-app',
      'stra-en-cafe',
      'd-viewer',
      null,
      null,
      `a${'b'.repeat(49)}`,
      'x',
    ]);
  });

  it('is that of package.json, then that of the folder', async () => {
    const own = toName(basename(folder));
    expect(await suggestNames(folder)).toEqual([own]);
    await writeFile(join(folder, 'package.json'), '{"name": "@acme/blog"}');
    expect(await suggestNames(folder)).toEqual(['blog', own]);
    await writeFile(join(folder, 'package.json'), '{"name": 7');
    expect(await suggestNames(folder)).toEqual([own]);
    expect(await suggestNames('/')).toEqual(['service']);
  });

  it('is one that nobody else has', () => {
    expect(firstFreeName(['blog', 'blog-feature'], new Set())).toBe('blog');
    expect(firstFreeName(['blog', 'blog-feature'], new Set(['blog']))).toBe('blog-feature');
    expect(firstFreeName(['blog', 'blog-feature'], new Set(['blog', 'blog-feature', 'blog-2']))).toBe('blog-3');
  });
});

describe('the person who calls', () => {
  const root = '/opt/clos';
  const bin = (place: string) => `${place}/node_modules/.bin`;
  const path = [bin('/opt/clos'), bin('/opt'), bin(''), '/usr/lib/npm/node-gyp-bin', '/home/ada/.nvm/bin', bin('/srv')];

  it('is where they ran npm, with the programs that they have', () => {
    const env = {
      npm_lifecycle_event: 'clos',
      npm_package_json: '/opt/clos/package.json',
      INIT_CWD: '/home/ada/shop',
      PATH: path.join(':'),
    };
    expect(findCaller({ cwd: root, env }, root)).toEqual({
      cwd: '/home/ada/shop',
      env: { ...env, PATH: `/home/ada/.nvm/bin:${bin('/srv')}` },
    });
  });

  it('is taken as they are when another script or no npm at all called', () => {
    const cwd = '/home/ada/shop';
    for (const env of [
      { PATH: path.join(':') },
      { npm_lifecycle_event: 'clos', npm_package_json: '/home/ada/shop/package.json', INIT_CWD: '/', PATH: '/bin' },
    ]) {
      expect(findCaller({ cwd, env }, root)).toEqual({ cwd, env });
    }
  });
});
