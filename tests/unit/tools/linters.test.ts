import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { packageProgram, type RunResult, run } from '../../../tools/lib/run.ts';

/** What the linters need of the project; the sources are planted. */
const configuration = [
  '.dependency-cruiser.cjs',
  '.gitignore',
  'biome.json',
  'knip.json',
  'package.json',
  'src/cli/tsconfig.json',
  'src/main/tsconfig.json',
  'src/preload/tsconfig.json',
  'src/renderer/tsconfig.json',
  'src/shared/node/tsconfig.json',
  'src/shared/tsconfig.json',
  'tests/tsconfig.json',
  'tools/layers.ts',
  'tools/lint',
  'tools/tsconfig.json',
  'tsconfig.base.json',
  'tsconfig.json',
];

/** What knip reports: for each file, the names found of each kind. */
const report = z.object({
  issues: z.array(z.object({ file: z.string() }).catchall(z.array(z.object({ name: z.string() })))),
});

let copy: string;

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'clos-lint-'));
  for (const file of configuration) cpSync(file, join(copy, file), { recursive: true });
  symlinkSync(resolve('node_modules'), join(copy, 'node_modules'), 'junction');
});

afterEach(() => rmSync(copy, { recursive: true, force: true }));

/** Writes files; each is linted as it would be in the project. */
function plant(files: Record<string, string>): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    writeFileSync(join(copy, file), `${text}\n`);
  }
}

function inCopy(command: string[]): Promise<RunResult> {
  const [node = '', script = '', ...args] = command;
  return run([node, resolve(script), ...args], { cwd: copy, capture: true });
}

describe('the linter', () => {
  const lint = async (): Promise<RunResult> =>
    await inCopy([...packageProgram('@biomejs/biome', 'biome'), 'lint', '--max-diagnostics=none', '--colors=off', '.']);

  /** `file rule` of each complaint; our own plugin is named `plugin`. */
  function complaints(output: string): string[] {
    const lines = output.matchAll(/^(\S+\.tsx?)(?::\d+:\d+)? (?:lint\/\w+\/)?(\w+)(?: .*)?━/gm);
    return [...new Set([...lines].map(([, file, rule]) => `${file} ${rule}`))].sort();
  }

  it('is content with sources that keep the rules', async () => {
    plant({
      'src/main/fine.ts':
        "import { spawn } from 'node:child_process';\n\nexport const child = spawn('true', [], { shell: false });",
      'src/cli/cli.ts': "console.log('the command line speaks');",
    });
    expect({ ...(await lint()), milliseconds: 0, output: '' }).toEqual({ code: 0, output: '', milliseconds: 0 });
  });

  it('finds one violation of each kind', async () => {
    plant({
      'src/main/any.ts': 'export const value: any = 1;',
      'src/main/console.ts': "console.log('main has a logger');",
      'src/main/exec.ts': "import { exec } from 'node:child_process';\n\nexec('ls');",
      'src/main/exec-sync.ts': "import { execSync } from 'node:child_process';\n\nexecSync('ls');",
      'src/main/extension.ts': "import { value } from './any';\n\nexport const other: number = value;",
      'src/main/floating.ts':
        'export async function work(): Promise<number> {\n  return await Promise.resolve(1);\n}\n\nwork();',
      'src/main/namespace.ts': "import * as childProcess from 'node:child_process';\n\nexport { childProcess };",
      'src/main/shell.ts': "import { spawn } from 'node:child_process';\n\nspawn('ls', [], { shell: true });",
      'src/main/shell-path.ts':
        "import { spawn } from 'node:child_process';\n\nspawn('ls', [], { 'shell': '/bin/sh' });",
      'src/main/shell-variable.ts':
        "import { spawn } from 'node:child_process';\n\nexport const start = (shell: boolean) => spawn('ls', [], { shell });",
      'tests/only.test.ts': "import { it } from 'vitest';\n\nit.only('runs alone', () => {});",
    });
    const { code, output } = await lint();
    expect({ code, complaints: complaints(output) }).toEqual({
      code: 1,
      complaints: [
        'src/main/any.ts noExplicitAny',
        'src/main/console.ts noConsole',
        'src/main/exec-sync.ts noRestrictedImports',
        'src/main/exec.ts noRestrictedImports',
        'src/main/extension.ts useImportExtensions',
        'src/main/floating.ts noFloatingPromises',
        'src/main/namespace.ts plugin',
        'src/main/shell-path.ts plugin',
        'src/main/shell-variable.ts plugin',
        'src/main/shell.ts plugin',
        'tests/only.test.ts noFocusedTests',
      ],
    });
  });

  it('warns of a source file past 400 lines, and of no other file', async () => {
    const long = Array.from({ length: 401 }, (_, i) => `export const n${i} = ${i};`).join('\n');
    plant({ 'src/main/long.ts': long, 'tests/long.test.ts': long });
    const { code, output } = await lint();
    expect({ code, complaints: complaints(output) }).toEqual({
      code: 0,
      complaints: ['src/main/long.ts noExcessiveLinesPerFile'],
    });
  });
});

describe('the layers', () => {
  const layers = (): Promise<RunResult> => inCopy([process.execPath, join(copy, 'tools/layers.ts')]);

  /** What each room may import, and the type-only imports that are allowed where code is not. */
  const fine: Record<string, string> = {
    'src/shared/base/b.ts': 'export const b = 1;',
    'src/shared/contract/c.ts':
      "import { z } from 'zod';\nimport { b } from '../base/b.ts';\n\nexport const c = z.literal(b);",
    'src/shared/client/l.ts': "import { c } from '#shared/contract/c.ts';\n\nexport const l = c;",
    'src/shared/node/n.ts':
      "import { tmpdir } from 'node:os';\nimport { l } from '../client/l.ts';\n\nexport const n = [tmpdir, l];",
    'src/main/database/d.ts': "import Database from 'better-sqlite3';\n\nexport const d = new Database();",
    'src/main/cache/redis.ts': "import { Redis } from 'ioredis';\n\nexport const redis = Redis;",
    'src/main/host/h.ts': "import { cpu } from 'systeminformation';\n\nexport const h = cpu;",
    'src/main/runtimes/container/r.ts': "import Docker from 'dockerode';\n\nexport const r = new Docker();",
    'src/main/http/p.ts':
      "import { l } from '#shared/client/l.ts';\nimport type { Module } from '../supervisor/module.ts';\n\nexport const p: [typeof l, Module?] = [l];",
    'src/main/supervisor/module.ts': 'export interface Module {\n  name: string;\n}',
    'src/main/supervisor/host.ts': "import type { Module } from './module.ts';\n\nexport const host: Module[] = [];",
    'src/main/modules/api/api.ts':
      "import { d } from '#main/database/d.ts';\nimport { p } from '#main/http/p.ts';\nimport type { Module } from '#main/supervisor/module.ts';\n\nexport const api: Module = { name: String([d, p]) };",
    'src/main/supervisor/module-process.ts': "import type { Module } from './module.ts';\n\nexport type Run = Module;",
    'src/main/modules/api/api.entry.ts':
      "import type { Run } from '#main/supervisor/module-process.ts';\nimport { api } from './api.ts';\n\nexport const run: Run = api;",
    'src/main/modules/worker/worker.ts': 'export const worker = 1;',
    'src/main/desktop/window.ts': "import { app } from 'electron';\n\nexport const window = app;",
    'src/main/index.ts':
      "import { app } from 'electron';\nimport { window } from './desktop/window.ts';\nimport { host } from './supervisor/host.ts';\n\napp.name = String([window, host]);",
    'src/main/serve.ts': "import { host } from './supervisor/host.ts';\n\nhost.pop();",
    'src/preload/index.ts':
      "import { contextBridge } from 'electron';\nimport type { l } from '#shared/client/l.ts';\n\nexport const bridge: [typeof contextBridge, typeof l] | undefined = undefined;",
    'src/renderer/lib/lib.ts': "export { l } from '#shared/client/l.ts';",
    'src/renderer/components/button.tsx': "import { l } from '../lib/lib.ts';\n\nexport const button = l;",
    'src/renderer/features/ports/ports.tsx':
      "import { button } from '../../components/button.tsx';\n\nexport const ports = button;",
    'src/renderer/features/events/events.tsx': "import { lib } from './lib.ts';\n\nexport const events = lib;",
    'src/renderer/features/events/lib.ts': 'export const lib = 1;',
    'src/renderer/app/app.tsx': "import { ports } from '../features/ports/ports.tsx';\n\nexport const app = ports;",
    'src/cli/cli.ts': "import { n } from '#shared/node/n.ts';\n\nexport const cli = n;",
    'tests/unit/a.test.ts':
      "import { api } from '#main/modules/api/api.ts';\nimport { app } from '#renderer/app/app.tsx';\n\nexport const all = [api, app];",
  };

  /** One import that breaks a rule: who, what, and the name of the rule. */
  const violations: ReadonlyArray<[from: string, to: string, rule: string]> = [
    ['src/shared/base/x.ts', 'zod', 'base-stands-alone'],
    ['src/shared/base/y.ts', '#shared/contract/c.ts', 'base-stands-alone'],
    ['src/shared/contract/x.ts', 'ws', 'contract-on-zod-and-base'],
    ['src/shared/contract/y.ts', '#shared/client/l.ts', 'contract-on-zod-and-base'],
    ['src/shared/client/x.ts', 'undici', 'client-on-the-contract'],
    ['src/shared/other/x.ts', '#main/http/p.ts', 'shared-runs-anywhere'],
    ['src/shared/other/y.ts', 'node:fs', 'shared-without-node'],
    ['src/renderer/lib/fs.ts', 'node:fs', 'shared-without-node'],
    ['src/renderer/lib/node.ts', '#shared/node/n.ts', 'no-node-in-a-window'],
    ['src/shared/other/z.ts', '#shared/node/n.ts', 'no-node-in-a-window'],
    ['src/main/modules/api/x.ts', '#main/modules/worker/worker.ts', 'modules-are-apart'],
    ['src/main/modules/api/y.ts', '#main/supervisor/host.ts', 'modules-do-not-know-their-process'],
    ['src/main/modules/api/z.ts', '#main/desktop/window.ts', 'modules-do-not-know-their-process'],
    ['src/main/modules/api/p.ts', '#main/supervisor/module-process.ts', 'modules-do-not-know-their-process'],
    ['src/main/modules/worker/worker.entry.ts', '#main/supervisor/host.ts', 'entries-are-thin'],
    ['src/main/supervisor/x.ts', '#main/modules/api/api.ts', 'modules-are-started-by-path'],
    ['src/main/desktop/x.ts', '#main/modules/api/api.ts', 'modules-are-started-by-path'],
    ['src/main/http/x.ts', '#main/modules/api/api.ts', 'foundations-look-down'],
    ['src/main/database/x.ts', '#main/supervisor/host.ts', 'foundations-look-down'],
    ['src/main/modules/worker/x.ts', '#main/serve.ts', 'nobody-imports-a-root'],
    ['src/main/modules/api/e.ts', '#main/modules/api/api.entry.ts', 'nobody-imports-a-root'],
    ['src/main/host/x.ts', '#renderer/lib/lib.ts', 'main-stays-in-main'],
    ['src/main/host/y.ts', '#tests/unit/a.test.ts', 'main-stays-in-main'],
    ['src/main/host/e.ts', 'electron', 'electron-in-desktop'],
    ['src/cli/electron.ts', 'electron', 'electron-in-desktop'],
    ['src/main/runtimes/x.ts', 'dockerode', 'dockerode-in-container'],
    ['src/main/modules/api/sqlite.ts', 'better-sqlite3', 'sqlite-in-database'],
    ['src/main/modules/api/si.ts', 'systeminformation', 'systeminformation-in-host'],
    ['src/main/modules/api/redis.ts', 'ioredis', 'redis-in-cache'],
    ['src/main/modules/api/mock.ts', 'ioredis-mock', 'redis-in-cache'],
    ['src/main/modules/api/react.ts', 'react', 'installed-with-the-app'],
    ['src/renderer/app/x.ts', '#main/http/p.ts', 'renderer-on-shared'],
    ['src/renderer/features/ports/x.ts', '#renderer/features/events/events.tsx', 'features-are-apart'],
    ['src/renderer/features/ports/y.ts', '#renderer/app/app.tsx', 'features-do-not-know-the-app'],
    ['src/renderer/components/x.ts', '#renderer/features/ports/ports.tsx', 'components-know-no-feature'],
    ['src/renderer/lib/x.ts', '#renderer/features/ports/ports.tsx', 'components-know-no-feature'],
    ['src/preload/x.ts', '#shared/client/l.ts', 'preload-takes-types'],
    ['src/cli/x.ts', '#main/http/p.ts', 'cli-on-shared'],
    ['src/main/host/z.ts', './nowhere.ts', 'no-unresolved'],
  ];

  it('let through what each room may import', async () => {
    plant(fine);
    expect(await layers()).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^\d+ files, \d+ imports: each in/),
    });
  });

  it('name each import that breaks a rule, and the rule says what to do instead', async () => {
    plant(fine);
    for (const [from, to] of violations) plant({ [from]: `import '${to}';` });
    plant({ 'src/main/host/one.ts': "import './two.ts';", 'src/main/host/two.ts': "import './one.ts';" });
    const { code, output } = await layers();
    const found = [...output.matchAll(/^(\S+) → .+\n {2}([\w-]+): (.*)$/gm)].map(([, from, rule]) => `${from} ${rule}`);
    const expected = violations.map(([from, , rule]) => `${from} ${rule}`);
    expect({ code, found: found.sort() }).toEqual({
      code: 1,
      found: [...expected, 'src/main/host/one.ts no-cycles'].sort(),
    });
    expect(output).not.toMatch(/: $/m);
  });

  it('count an import of a type as an import', async () => {
    plant({ ...fine, 'src/cli/x.ts': "import type { p } from '#main/http/p.ts';\n\nexport type X = typeof p;" });
    expect(await layers()).toMatchObject({ code: 1, output: expect.stringContaining('cli-on-shared') });
  });

  it('fail when no file was looked at', async () => {
    plant(fine);
    const file = join(copy, '.dependency-cruiser.cjs');
    writeFileSync(file, readFileSync(file, 'utf8').replace('options: {', "options: {\n    includeOnly: '^nowhere/',"));
    expect(await layers()).toMatchObject({ code: 1, output: expect.stringContaining('so nothing is proved') });
  });
});

describe('the types', () => {
  it('know in each room only the globals that exist where it runs', async () => {
    plant({
      'src/shared/web.ts':
        'export const fine = [crypto.randomUUID(), fetch, AbortSignal.timeout(1), new URL("x:"), WebSocket];',
      'src/shared/node.ts': 'export const pid = process.pid;',
      'src/shared/window.ts': 'export const title = document.title;',
      'src/shared/worker.ts': 'export const base = indexedDB;',
      'src/shared/node/fine.ts': 'export const pid = process.pid;',
      'src/main/window.ts': 'export const title = document.title;',
      'src/renderer/node.ts': 'export const data = Buffer.from("");',
      'src/cli/window.ts': 'export const title = document.title;',
      'tests/both.ts': 'export const both = [document.title, process.pid];',
    });
    const { code, output } = await inCopy([...packageProgram('@typescript/native', 'tsc'), '-b']);
    const found = [...output.matchAll(/^(src|tests|tools)(\S+)\(\d+,\d+\): error .*Cannot find name '(\w+)'/gm)];
    expect({ code, found: [...new Set(found.map(([, room, file, name]) => `${room}${file} ${name}`))].sort() }).toEqual(
      {
        code: 1,
        found: [
          'src/cli/window.ts document',
          'src/main/window.ts document',
          'src/renderer/node.ts Buffer',
          'src/shared/node.ts process',
          'src/shared/window.ts document',
          'src/shared/worker.ts indexedDB',
        ],
      },
    );
  });
});

describe('the search for dead code', () => {
  it('finds the file, the export and the package that nobody uses, and the package that nobody listed', async () => {
    const manifest = {
      name: 'copy',
      type: 'module',
      dependencies: { zod: '1' },
      devDependencies: { 'dependency-cruiser': '1' },
      imports: { '#main/*': './src/main/*' },
    };
    plant({
      'package.json': JSON.stringify(manifest),
      'src/main/index.ts': "import { used } from '#main/used.ts';\nimport 'fastify';\n\nexport const all = used;",
      'src/main/used.ts': 'export const used = 1;\nexport const forgotten = 2;',
      'src/main/forgotten.ts': 'export const alone = 1;',
      'src/main/modules/api/api.entry.ts': "import './api.ts';",
      'src/main/modules/api/api.ts': 'export {};',
      'tests/unit/a.test.ts': 'export {};',
    });
    const { code, output } = await inCopy([...packageProgram('knip'), '--reporter', 'json', '--no-config-hints']);
    const found = report
      .parse(JSON.parse(output))
      .issues.flatMap(({ file, ...kinds }) =>
        Object.entries(kinds).flatMap(([kind, items]) => items.map(({ name }) => `${kind}: ${file} ${name}`)),
      );
    expect({ code, found: found.sort() }).toEqual({
      code: 1,
      found: [
        'dependencies: package.json zod',
        'exports: src/main/used.ts forgotten',
        'files: src/main/forgotten.ts src/main/forgotten.ts',
        'unlisted: src/main/index.ts fastify',
      ],
    });
  });
});
