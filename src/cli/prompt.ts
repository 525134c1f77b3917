import type { Terminal } from './output/terminal.ts';

/** Asks for a yes; everything else, and going away, is a no. */
export async function askYes(terminal: Terminal, question: string): Promise<boolean> {
  const answer = await terminal.ask(`${question} [y/N] `);
  return /^y(es)?$/i.test(answer.trim());
}

/**
 * Has the person choose one of several by its number; no answer is none of them.
 *
 * Asks again after an answer that is none of them. Null when the person goes away or says no: `q`, `n`, Ctrl-C.
 */
export async function askChoice<T>(
  terminal: Terminal,
  choices: ReadonlyArray<{ value: T; line: string }>,
): Promise<T | null> {
  await terminal.err(...choices.map(({ line }, index) => `  ${index + 1}  ${line}`));
  for (;;) {
    const answer = (await terminal.ask(`Which one? [1-${choices.length}, q for none] `)).trim();
    if (/^(q|quit|n|no|)$/i.test(answer)) return null;
    const chosen = /^\d{1,3}$/.test(answer) ? choices[Number(answer) - 1] : undefined;
    if (chosen !== undefined) return chosen.value;
  }
}
