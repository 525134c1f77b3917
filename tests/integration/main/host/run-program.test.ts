import { describe, expect, it } from 'vitest';
import { runProgram } from '#main/host/run-program.ts';

const node = (script: string) => ({ program: process.execPath, args: ['-e', script] });

describe('a tool of the system', () => {
  it('gives what it printed, whatever its exit code', async () => {
    expect(await runProgram(node("console.log('ok')"))).toBe('ok\n');
    expect(await runProgram(node("console.log('some'); console.error('no'); process.exitCode = 1"))).toBe('some\n');
  });

  it('is given its arguments as they are, its environment, and nothing to read', async () => {
    const script = `process.stdin.resume().on('end', () => console.log(process.argv[1], process.env.TZ, 'PATH' in process.env))`;
    const args = ['-e', script, '--', '$HOME; echo "x" | cat'];
    expect(await runProgram({ program: process.execPath, args, env: { TZ: 'UTC' } })).toBe(
      '$HOME; echo "x" | cat UTC true\n',
    );
  });

  it.each([
    ['is not there', { program: '/nowhere/lsof', args: [] }],
    ['takes too long', { ...node('setInterval(() => {}, 1000)'), timeoutMs: 300 }],
    ['says too much', node("process.stdout.write('x'.repeat(17 * 1024 * 1024))")],
    ['is ended by a signal', node("console.log('half'); process.kill(process.pid, 'SIGKILL')")],
  ])('that %s is no answer', async (_, call) => {
    expect(await runProgram(call)).toBeNull();
  });
});
