import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
