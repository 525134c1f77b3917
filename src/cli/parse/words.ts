import { UsageError } from '../failure.ts';

/**
 * Splits a command line into its words as a POSIX shell does, without expanding anything: single quotes keep all, double quotes
 * and a backslash keep the next character. Nothing is ever run through a shell. Throws `UsageError` for an open quote.
 */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote: '"' | "'" | null = null;
  for (let index = 0; index < line.length; index++) {
    const character = line.charAt(index);
    const next = line.charAt(index + 1);
    if (character === '\\' && quote !== "'" && next !== '' && (quote === null || '"\\$`'.includes(next))) {
      word = (word ?? '') + next;
      index++;
    } else if (quote === character) quote = null;
    else if (quote === null && (character === '"' || character === "'")) {
      quote = character;
      word ??= '';
    } else if (quote === null && /\s/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + character;
  }
  if (quote !== null) throw new UsageError(`The command has a ${quote} that is never closed: ${line}`);
  if (word !== null) words.push(word);
  return words;
}

/** Words as one line that `splitWords` splits into the same words; quotes stand only where they are needed. */
export function joinWords(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}
