/** A command as people type it, in one line: words apart by spaces, quotes keep them together, no variables, no globs. */

/** `sh -c "echo hi"` → ['sh', '-c', 'echo hi']. A quote that is never closed goes to the end. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (const char of line) {
    if (quote !== null) {
      if (char === quote) quote = null;
      else word = (word ?? '') + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (word !== null) words.push(word);
  return words;
}

/** The inverse: what needs quotes gets them. */
export function joinWords(words: readonly string[]): string {
  return words
    .map((word) => {
      if (word !== '' && !/[\s"']/.test(word)) return word;
      if (!word.includes('"')) return `"${word}"`;
      return word
        .split('"')
        .map((part) => (part === '' ? '' : `"${part}"`))
        .join(`'"'`);
    })
    .join(' ');
}
