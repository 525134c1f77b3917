import { describe, expect, it } from 'vitest';
import { joinWords, readWords, shortCommand } from '#renderer/lib/words.ts';

describe('A command in one line', () => {
  it('is cut at spaces, and quotes keep words together', () => {
    const line = `sh -c "echo hi there" '' a"b c"d  e\\ f "a\\"b\\c"`;
    expect(readWords(line)).toEqual({
      words: ['sh', '-c', 'echo hi there', '', 'ab cd', 'e f', 'a"b\\c'],
      openQuote: null,
    });
  });

  it('tells of a quote that is never closed', () => {
    expect(readWords(`echo "a b`)).toEqual({ words: ['echo', 'a b'], openQuote: '"' });
    expect(readWords(`echo 'a`)).toEqual({ words: ['echo', 'a'], openQuote: "'" });
  });

  it('comes back as it was, whatever the words hold', () => {
    for (const words of [['a'], ['a b', 'c'], [''], [`it's`, 'say "hi"'], [`both " and '`, 'tab\there', 'a\\b'], []]) {
      expect(readWords(joinWords(words)).words).toEqual(words);
    }
  });

  it('means to a shell what it says', () => {
    expect(joinWords(['npm', 'run', 'dev', '--', '--port=3000'])).toBe('npm run dev -- --port=3000');
    expect(joinWords(['vite', '--port', '$' + '{endpoints.http.port}', '$HOME', 'a;b'])).toBe(
      `vite --port '$` + `{endpoints.http.port}' '$HOME' 'a;b'`,
    );
  });

  it('is shown without the folder of its program', () => {
    expect(shortCommand('/usr/bin/node /srv/app/server.js')).toBe('node /srv/app/server.js');
    expect(shortCommand('node server.js')).toBe('node server.js');
    expect(shortCommand('/usr/bin/redis-server')).toBe('redis-server');
  });
});
