import { describe, expect, it } from 'vitest';
import { ruleWords, withoutRule, withRule } from '#renderer/features/settings/rule-words.ts';

describe('The rules about programs', () => {
  const node = { name: 'node' };
  const vite = { name: 'node', commandContains: 'vite' };

  it('hold each rule once', () => {
    expect(withRule([node], vite)).toEqual([node, vite]);
    expect(withRule([node, vite], node)).toEqual([vite, node]);
    expect(withoutRule([node, vite], vite)).toEqual([node]);
  });

  it('are told in words', () => {
    expect([node, vite].map(ruleWords)).toEqual(['node', 'node with “vite” in its command']);
  });
});
