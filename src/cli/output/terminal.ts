import { createInterface } from 'node:readline/promises';
import { choosePaint, type Paint, plainPaint, tame } from './style.ts';

/** Where the words of a command go. What others wrote is tamed on its way. */
export interface Terminal {
  /** Columns, or null when the output is not a terminal and nothing may be cut. */
  width: number | null;
  paint: Paint;
  /** A person sits at both ends and can be asked. */
  interactive: boolean;
  /** Prints lines; resolves when the reader has taken them, so that a slow one slows us. */
  out(...lines: string[]): Promise<void>;
  /** Prints lines beside the output: what is wrong, and hints. */
  err(...lines: string[]): Promise<void>;
  /** Prints exactly this. */
  raw(text: string): Promise<void>;
  /** Empties the screen. */
  clear(): Promise<void>;
  /** Asks the person for a line, beside the output. Empty when they went away instead: Ctrl-C, Ctrl-D. */
  ask(question: string): Promise<string>;
}

function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

function ask(input: NodeJS.ReadStream, output: NodeJS.WriteStream, question: string): Promise<string> {
  const line = createInterface({ input, output });
  return new Promise<string>((resolve, reject) => {
    line.once('close', () => resolve(''));
    line.once('SIGINT', () => line.close());
    line.question(question).then(resolve, reject);
  }).finally(() => line.close());
}

/** The terminal of this process. */
export function processTerminal(options: {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  color: boolean;
  env: NodeJS.ProcessEnv;
}): Terminal {
  const { stdin, stdout, stderr, color, env } = options;
  const isTerminal = stdout.isTTY === true;
  const paint = choosePaint({ isTerminal, color, env });
  const text = (lines: string[], colours: boolean) => tame(lines.map((line) => `${line}\n`).join(''), colours);
  return {
    // A terminal that does not know its width says 0.
    width: isTerminal && stdout.columns > 0 ? stdout.columns : null,
    paint,
    interactive: isTerminal && stdin.isTTY === true,
    out: (...lines) => write(stdout, text(lines, paint !== plainPaint)),
    err: (...lines) => write(stderr, text(lines, false)),
    raw: (value) => write(stdout, value),
    clear: () => (isTerminal ? write(stdout, '\u001b[2J\u001b[H') : Promise.resolve()),
    ask: (question) => ask(stdin, stderr, tame(question, false)),
  };
}
