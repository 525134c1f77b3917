/** A command as people type it, in one line: words apart by spaces, quotes keep them together, no variables, no globs. */

/** The words of a line, and the quote that was opened and never closed. */
export interface CommandWords {
  words: string[];
  openQuote: '"' | "'" | null;
}

/**
 * Splits as a POSIX shell does, without expanding anything: `sh -c "echo hi"` → ['sh', '-c', 'echo hi']. Single quotes keep all;
 * a backslash keeps the next character, within double quotes only one of `"`, `\`, `$` and a backtick. Nothing is run through a
 * shell.
 */
export function readWords(line: string): CommandWords {
  const words: string[] = [];
  let word: string | null = null;
  let quote: CommandWords['openQuote'] = null;
  for (let index = 0; index < line.length; index++) {
    const char = line.charAt(index);
    const next = line.charAt(index + 1);
    if (char === '\\' && quote !== "'" && next !== '' && (quote === null || '"\\$`'.includes(next))) {
      word = (word ?? '') + next;
      index++;
    } else if (quote === char) {
      quote = null;
    } else if (quote === null && (char === '"' || char === "'")) {
      quote = char;
      word ??= '';
    } else if (quote === null && /\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (word !== null) words.push(word);
  return { words, openQuote: quote };
}

/** What no shell reads as anything but itself. */
const plainWord = /^[\w@%+=:,./-]+$/;

/** The inverse, and safe to paste into a shell: what could mean something to one is quoted. */
export function joinWords(words: readonly string[]): string {
  return words.map((word) => (plainWord.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}

/** A command line with the folder of its program left out: "/usr/bin/node server.js" → "node server.js". */
export function shortCommand(command: string): string {
  return command.replace(/^\S*[\\/](?=[^\\/\s]+(\s|$))/, '');
}
