import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const server = `
process.on('SIGTERM', () => { console.log('asked to stop'); process.exit(7); });
setInterval(() => {}, 1000);
console.log('ready', process.argv.slice(2).join(' '));
`;

describe('npm start', () => {
  let folder: string;
  let child: ChildProcess | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'clos-start-'));
    write('package.json', '{ "type": "module" }');
    write('package-lock.json', '{}');
    write('electron.vite.config.ts', '');
    write('src/main/serve.ts', '');
    write('out/main/serve.js', server);
    write('out/.built', '');
  });

  afterEach(() => {
    child?.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  function write(file: string, text: string): void {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }

  /** Starts it without a display; `ended` resolves with the exit code and everything that was printed. */
  function start(...args: string[]): { child: ChildProcess; ready: Promise<void>; ended: Promise<[number, string]> } {
    const { DISPLAY: _x, WAYLAND_DISPLAY: _w, ...env } = process.env;
    const started = spawn(process.execPath, [resolve('tools/start.ts'), ...args], { cwd: folder, env });
    child = started;
    let printed = '';
    const ready = new Promise<void>((done) => {
      started.stdout.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
        if (printed.includes('ready')) done();
      });
      started.stderr.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
      });
    });
    const ended = once(started, 'close').then(([code]): [number, string] => [Number(code), printed]);
    return { child: started, ready, ended };
  }

  // Windows has no signals: a kill ends the program at once.
  it.skipIf(process.platform === 'win32')(
    'says why it runs headless, asks for a link that signs in, passes arguments and signals on, and ends as the program ends',
    async () => {
      const run = start('--stop-services');
      await run.ready;
      run.child.kill('SIGTERM');
      expect(await run.ended).toEqual([
        7,
        'There is no display (neither DISPLAY nor WAYLAND_DISPLAY is set), so CLOS runs headless.\nready --sign-in-link --stop-services\nasked to stop\n',
      ]);
    },
  );

  it.skipIf(process.platform === 'win32')('runs headless without a word when that is asked', async () => {
    const run = start('--headless');
    await run.ready;
    run.child.kill('SIGTERM');
    expect(await run.ended).toEqual([7, 'ready --sign-in-link\nasked to stop\n']);
  });

  it('builds first when a source is younger than the last build', async () => {
    const later = new Date(Date.now() + 60_000);
    utimesSync(join(folder, 'src/main/serve.ts'), later, later);
    // There is no bundler in this folder: that it is asked for is what we want to see.
    const [code, printed] = await start('--headless').ended;
    expect({ code, bundler: printed.includes(join('electron-vite', 'package.json')) }).toEqual({
      code: 1,
      bundler: true,
    });
  });
});
