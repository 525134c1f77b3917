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
}

function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
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
  const text = (lines: string[], colours: boolean) => tame(`${lines.join('\n')}\n`, colours);
  return {
    width: isTerminal ? stdout.columns : null,
    paint,
    interactive: isTerminal && stdin.isTTY === true,
    out: (...lines) => write(stdout, text(lines, paint !== plainPaint)),
    err: (...lines) => write(stderr, text(lines, false)),
    raw: (value) => write(stdout, value),
    clear: () => (isTerminal ? write(stdout, '\u001b[2J\u001b[H') : Promise.resolve()),
  };
}
