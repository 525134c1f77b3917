import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { findWorkplace } from '#main/host/checkout.ts';
import { temporaryFolder, writeTree } from './recorded.ts';

describe('the checkout that a folder belongs to', () => {
  it('is found from a folder deep inside, with the name in the package', async () => {
    const root = temporaryFolder();
    writeTree(root, {
      '.git/HEAD': 'ref: refs/heads/feature/cart\n',
      'package.json': '{"name":"@acme/shop"}',
      'a/b/c/x': '',
    });
    expect(await findWorkplace(`${root}/a/b/c`)).toEqual({
      project: '@acme/shop',
      checkout: { root, branch: 'feature/cart' },
    });
  });

  it('of a linked worktree names the project after the main checkout', async () => {
    const root = temporaryFolder();
    writeTree(root, {
      'shop/.git/HEAD': 'ref: refs/heads/main\n',
      'shop/.git/worktrees/cart/HEAD': 'ref: refs/heads/cart\n',
      'shop/.git/worktrees/cart/commondir': '../..\n',
      'cart/.git': `gitdir: ${root}/shop/.git/worktrees/cart\n`,
      'cart/src/x': '',
    });
    expect(await findWorkplace(`${root}/cart/src`)).toEqual({
      project: 'shop',
      checkout: { root: `${root}/cart`, branch: 'cart' },
    });
  });

  it('of a submodule follows its relative pointer', async () => {
    const root = temporaryFolder();
    writeTree(root, {
      '.git/modules/lib/HEAD': 'ref: refs/heads/dev\n',
      'vendor/lib/.git': 'gitdir: ../../.git/modules/lib\n',
    });
    expect(await findWorkplace(`${root}/vendor/lib`)).toEqual({
      project: 'lib',
      checkout: { root: `${root}/vendor/lib`, branch: 'dev' },
    });
  });

  it.each([
    ['a commit instead of a branch', 'f00dfeedf00dfeedf00dfeedf00dfeedf00dfeed\n'],
    ['refs that live in tables', 'ref: refs/heads/.invalid\n'],
  ])('has no branch with %s', async (_, head) => {
    const root = temporaryFolder();
    writeTree(root, { 'shop/.git/HEAD': head });
    expect(await findWorkplace(`${root}/shop`)).toEqual({
      project: 'shop',
      checkout: { root: `${root}/shop`, branch: null },
    });
  });

  it('is none outside of git, where the nearest package names the project', async () => {
    const root = temporaryFolder();
    writeTree(root, { 'shop/package.json': '{"name":"shop"}', 'shop/src/x': '', 'bare/x': '' });
    expect(await findWorkplace(`${root}/shop/src`)).toEqual({ project: 'shop', checkout: null });
    expect(await findWorkplace(`${root}/bare`)).toEqual({ project: null, checkout: null });
    expect(await findWorkplace(`${root}/missing`)).toEqual({ project: null, checkout: null });
  });

  it('does not wait for a pipe, nor trip over a folder or broken text in the place of a file', async () => {
    const root = temporaryFolder();
    writeTree(root, { 'a/package.json/x': '', 'a/.git/HEAD/x': '', 'b/package.json': '{"name":', 'b/.git/HEAD': '\0' });
    execFileSync('/usr/bin/mkfifo', [`${root}/pipe`]);
    writeTree(root, { 'c/.git': `gitdir: ${root}/nowhere\n`, 'c/package.json': { link: `${root}/pipe` } });
    expect(await findWorkplace(`${root}/a`)).toEqual({ project: null, checkout: null });
    expect(await findWorkplace(`${root}/b`)).toEqual({ project: 'b', checkout: { root: `${root}/b`, branch: null } });
    expect(await findWorkplace(`${root}/c`)).toEqual({ project: null, checkout: null });
  });
});
