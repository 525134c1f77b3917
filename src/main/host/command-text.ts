import { basename } from 'node:path';

const maxLength = 512;
const mask = '…';
const secretName = String.raw`[\w.-]*(?:pass(?:word|wd|phrase)?|secret|token|api[-_]?key|credential|private[-_]?key)[\w.-]*`;
const secretAssignment = new RegExp(`^(-{0,2}${secretName}=).+$`, 'is');
const secretFlag = new RegExp(`^--?${secretName}$`, 'i');
const credentialsInUrl = /([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*):[^\s@]*@/gi;

/**
 * The arguments of a process as one line for people: quoted where a space would mislead, at most 512 characters, control
 * characters removed, and what the names of flags and variables give away as a secret masked. It is text to read, not to run.
 */
export function commandText(argv: readonly string[]): string {
  let hideNext = false;
  const words = argv.map((argument) => {
    const hidden = hideNext && !argument.startsWith('-');
    hideNext = secretFlag.test(argument);
    if (hidden) return mask;
    const shown = argument.replace(secretAssignment, `$1${mask}`).replace(credentialsInUrl, `$1:${mask}@`);
    const clean = shown.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').trim();
    return /\s/.test(clean) && argv.length > 1 ? `'${clean}'` : clean;
  });
  const text = words.join(' ').trim();
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1)}…`;
}

/**
 * The name by which people know a process.
 *
 * The kernel's own name (`comm`) is cut at 15 characters and belongs to the main thread, which some runtimes rename (`MainThread`
 * for Node). So the name is the argument or program whose name begins with it (a script keeps its own name), or that a title such
 * as `npm run dev` begins with, else the program.
 */
export function processName(comm: string, argv: readonly string[], executable: string | null): string {
  const program = executable === null ? null : basename(executable.replace(/ \(deleted\)$/, ''));
  const names = [...argv.slice(0, 2).map((argument) => basename(argument.split(/\s/, 1)[0] ?? '')), program];
  const named = names.find(
    (name) => name !== null && name !== '' && (name.slice(0, 15) === comm || comm.startsWith(`${name} `)),
  );
  return named ?? (program || names[0] || comm);
}
