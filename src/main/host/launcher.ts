import { basename } from 'node:path';
import { readOurselves } from './ourselves.ts';
import type { Host } from './platform.ts';
import { type Ourselves, protectedReason } from './protection.ts';
import type { ProcessInfo } from './types.ts';

/** What only interprets a script; the script's name tells what runs. */
const interpreters = /^(node|nodejs|python[\d.]*|pypy[\d.]*|ruby[\d.]*|perl|php[\d.]*|ts-node)$/i;

/** Programs that start another and answer for it: package managers, runners, watchers, reloaders, tools that fill in a setting. */
const launchers = new Set(
  [
    'npm npx pnpm pnpx yarn yarnpkg corepack lerna nx turbo rush wireit wsrun npm-run-all npm-run-all2 run-p run-s',
    'nodemon tsx ts-node-dev tsnd node-dev vite-node watchexec entr chokidar onchange watch air reflex gow',
    'concurrently foreman honcho overmind hivemind goreman node-foreman nf forever',
    'make gmake just task rake mage tilt cargo cargo-watch go dotnet gradle gradlew mvn mvnw sbt lein mix',
    'uvicorn gunicorn hypercorn flask watchfiles watchmedo hupper poetry pipenv pdm hatch uv uvx rye bundle',
    'next nuxt nuxi gatsby react-scripts craco start-server-and-test',
    'env cross-env cross-env-shell dotenv dotenvx nice nohup time timeout stdbuf setsid sudo doas direnv doppler op mise asdf volta',
  ].flatMap((names) => names.split(' ')),
);

/** The names that npm's and yarn's own files have. */
const fileNames: Readonly<Record<string, string>> = { 'npm-cli': 'npm', 'npx-cli': 'npx' };

const shells = /^-?(ba|z|da|fi|k|a)?sh$/;

/**
 * What has to be ended, or run again, as a whole when this process is in the way: the outermost of the package managers, watchers
 * and `sh -c` that it runs under, else the process itself.
 *
 * The way up ends at the first ancestor that is none of these (an editor, a terminal, a coding agent), that leads a session, that
 * must not be ended, or that CLOS itself runs under. So what else such an ancestor runs is never touched.
 */
export function outermostLauncher(
  process: ProcessInfo,
  ancestors: readonly ProcessInfo[],
  ourselves: Ourselves,
): ProcessInfo {
  let outermost = process;
  let child = process;
  for (const ancestor of ancestors) {
    if (ancestor.pid !== child.ppid || !launches(ancestor, child)) break;
    if (protectedReason(ancestor, ourselves) !== null) break;
    outermost = ancestor;
    child = ancestor;
  }
  return outermost;
}

/** Reads the ancestors of a process and finds its `outermostLauncher`. */
export async function findLauncher(host: Host, process: ProcessInfo): Promise<ProcessInfo> {
  const ourselves = await readOurselves(host);
  const ancestors: ProcessInfo[] = [];
  for (const pid of process.ancestors) {
    const ancestor = await host.describeProcess(pid);
    const child = ancestors.at(-1) ?? process;
    if (ancestor === null || !launches(ancestor, child)) break;
    ancestors.push(ancestor);
  }
  return outermostLauncher(process, ancestors, ourselves);
}

function launches(parent: ProcessInfo, child: ProcessInfo): boolean {
  const words = wordsOf(parent.argv);
  const program = basename(words[0] ?? '');
  if (shells.test(program)) return parent.sessionId !== parent.pid && /^-[a-z]*c[a-z]*$/.test(words[1] ?? '');
  if (startsItselfAgain(parent, child)) return true;
  const [name = '', ...rest] = interpreters.test(program) ? scriptOf(words.slice(1)) : words;
  if (namesOf(program, name).some((candidate) => launchers.has(candidate))) return true;
  if (program === 'node') return words.slice(1, words.indexOf(name)).some((word) => /^--watch(-path)?(=|$)/.test(word));
  // These two are both: a runner of scripts of a project, and the runtime of a program.
  if (program === 'bunx') return true;
  if (program === 'deno') return rest[0] === 'task';
  return program === 'bun' && runsAScriptOfTheProject(rest);
}

/** Reloaders of Python's frameworks and the like: the parent watches, the child with the very same arguments serves. */
function startsItselfAgain(parent: ProcessInfo, child: ProcessInfo): boolean {
  return (
    parent.argv.length > 1 && child.argv.length >= parent.argv.length && endsWith(child.argv, parent.argv.slice(1))
  );
}

function endsWith(words: readonly string[], end: readonly string[]): boolean {
  return end.every((word, index) => words[words.length - end.length + index] === word);
}

/** Some programs (npm) put a title in place of their arguments: one text with spaces. */
function wordsOf(argv: readonly string[]): readonly string[] {
  const [first = ''] = argv;
  return argv.length === 1 ? first.split(/\s+/) : argv;
}

/** What follows the options of an interpreter: `-m module …` or `file …`; an option's own value counts as an option of it. */
function scriptOf(words: readonly string[]): readonly string[] {
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (word === '-m') return words.slice(index + 1);
    if (/^(-r|--require|--import|--loader|--experimental-loader|-W|-X)$/.test(word)) index++;
    else if (!word.startsWith('-')) return words.slice(index);
  }
  return [];
}

/** A script is known by its file's name and by the package whose file it is: `…/node_modules/tsx/dist/cli.mjs` is tsx. */
function namesOf(program: string, script: string): string[] {
  const file = basename(script.replaceAll('\\', '/')).replace(/\.(c|m)?[jt]s$|\.(py|rb|php|exe|cmd)$/i, '');
  const packageName = /.*\/node_modules\/(?:\.pnpm\/[^/]+\/node_modules\/)?((?:@[^/]+\/)?[^/]+)\//.exec(script)?.[1];
  const isBin = packageName === '.bin' || packageName === undefined;
  const plain = file.replace(/^(yarn|pnpm)-[\d.]+$/, '$1');
  return [program.replace(/\.(exe|cmd)$/i, ''), fileNames[plain] ?? plain, ...(isBin ? [] : [packageName])];
}

/** `bun run dev`, `bun --watch …`, `bun dev`; but `bun server.ts` and `bun run server.ts` are the program. */
function runsAScriptOfTheProject(rest: readonly string[]): boolean {
  if (rest.some((word) => word === '--watch' || word === 'x')) return true;
  const script = rest.find((word) => word !== 'run' && !word.startsWith('-'));
  return script !== undefined && !/\.[cm]?[jt]sx?$/.test(script);
}
