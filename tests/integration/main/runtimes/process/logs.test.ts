import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ended, line, log, newRuntime, run, temporaryFolder, texts } from './runs.ts';

describe('the output of a process', () => {
  it('is kept line by line, in order, with stream and time', async () => {
    const runtime = newRuntime();
    const before = new Date().toISOString();
    await run(runtime, "for (let i = 0; i < 5000; i++) { console.log('o' + i); console.error('e' + i) }");
    await ended(runtime);
    const lines = await log(runtime);

    for (const [stream, letter] of [
      ['stdout', 'o'],
      ['stderr', 'e'],
    ] as const) {
      const own = lines.filter((found) => found.stream === stream).map((found) => found.line);
      expect(own).toEqual(Array.from({ length: 5000 }, (_, index) => `${letter}${index}`));
    }
    const times = lines.map(({ time }) => time);
    expect(times.every((time) => time >= before && time <= new Date().toISOString())).toBe(true);
  });

  it('is whole although the process ends in the middle of a line, and bounded when a line has no end', async () => {
    const runtime = newRuntime();
    await run(runtime, "process.stdout.write('x'.repeat(200_000) + '\\nhalf'); process.stderr.write('ä\\r\\n')");
    await ended(runtime);
    const lines = (await log(runtime)).map(({ time: _, ...rest }) => rest);
    expect(lines.filter(({ stream }) => stream === 'stdout')).toEqual([
      { stream: 'stdout', line: 'x'.repeat(64 * 1024), truncated: true },
      { stream: 'stdout', line: 'half' },
    ]);
    expect(lines.filter(({ stream }) => stream === 'stderr')).toEqual([{ stream: 'stderr', line: 'ä' }]);
  });

  it('has a bound, past which the oldest is lost', async () => {
    const dir = join(temporaryFolder(), 'processes');
    const runtime = newRuntime({ dir, maxLogBytes: 500_000 });
    await run(runtime, "for (let i = 0; i < 60_000; i++) console.log('line ' + i)");
    await ended(runtime);
    const numbers = (await texts(runtime)).map((text) => Number(text.slice(5)));
    const sizes = ['output.log', 'output.1.log'].map((name) => statSync(join(dir, 'web', 'logs', name)).size);

    expect(numbers).toEqual(numbers.map((_, index) => 60_000 - numbers.length + index));
    expect(sizes.every((size) => size <= 500_000)).toBe(true);
    expect(numbers.length).toBeGreaterThan(10_000);
    expect((await Array.fromAsync(runtime.logs('web', { tail: 3 }))).map((found) => found.line)).toEqual([
      'line 59997',
      'line 59998',
      'line 59999',
    ]);
  });

  it('goes on over a restart, in the log and for who follows it', async () => {
    const runtime = newRuntime();
    const ending = new AbortController();
    const followed: string[] = [];
    const following = (async () => {
      for await (const found of runtime.logs('web', { follow: true, signal: ending.signal })) followed.push(found.line);
    })();
    await run(runtime, "console.log('first')");
    await ended(runtime);
    await run(runtime, "console.log('second'); setInterval(() => {}, 1000)");
    await line(runtime, /second/);
    await runtime.stop('web', { graceMs: 20_000 });
    await run(runtime, "console.log('third')");
    await ended(runtime);
    await line(runtime, /third/);
    while (followed.length < 3) await new Promise(setImmediate);
    ending.abort();
    await following;

    expect(followed).toEqual(['first', 'second', 'third']);
    expect(await texts(runtime)).toEqual(['first', 'second', 'third']);
  });

  it('ends for who follows it when the service is forgotten', async () => {
    const runtime = newRuntime();
    await run(runtime, "console.log('ready')");
    await ended(runtime);
    const following = Array.fromAsync(runtime.logs('web', { follow: true }));
    await line(runtime, /ready/);
    await runtime.forget('web');
    expect((await following).map((found) => found.line)).toEqual(['ready']);
  });

  it('is empty for a service that never ran', async () => {
    expect(await log(newRuntime())).toEqual([]);
  });
});
