import { describe, expect, it } from 'vitest';
import { joinWords, splitWords } from '#renderer/features/services/words.ts';

describe('A command in one line', () => {
  it('is cut at spaces, and quotes keep words together', () => {
    expect(splitWords('sh -c "echo hi there" \'\' a"b c"d')).toEqual(['sh', '-c', 'echo hi there', '', 'ab cd']);
  });

  it('comes back as it was, whatever the words hold', () => {
    for (const words of [['a'], ['a b', 'c'], [''], [`it's`, 'say "hi"'], [`both " and '`, 'tab\there'], []]) {
      expect(splitWords(joinWords(words))).toEqual(words);
    }
  });
});
