import { describe, expect, it } from 'vitest';
import { parseEvent, readLines } from '#main/runtimes/container/engine-events.ts';

function event(
  type: string,
  action: string,
  { over = {}, ...attributes }: { over?: object; [key: string]: unknown },
): string {
  return JSON.stringify({
    Type: type,
    Action: action,
    Actor: { ID: 'ab12', Attributes: attributes },
    scope: 'local',
    time: 1_767_323_045,
    timeNano: 1_767_323_045_123 * 1e6,
    ...over,
  });
}

const facts = {
  type: 'container',
  id: 'ab12',
  name: 'web',
  image: 'shop/web:1',
  labels: { a: 'b' },
  time: '2026-01-02T03:04:05.123Z',
};
const attributes = { name: 'web', image: 'shop/web:1', a: 'b' };

describe('an event of the engine', () => {
  it.each([
    ['start', attributes, { action: 'start' }],
    ['kill', { ...attributes, signal: '15' }, { action: 'kill', signal: '15' }],
    ['die', { ...attributes, exitCode: '137' }, { action: 'die', exitCode: 137 }],
    ['oom', attributes, { action: 'oom' }],
    ['rename', { ...attributes, oldName: '/old' }, { action: 'rename' }],
    ['health_status: healthy', attributes, { action: 'health_status', health: 'healthy' }],
    // Podman's names.
    ['died', { ...attributes, containerExitCode: '1' }, { action: 'die', exitCode: 1 }],
    ['remove', attributes, { action: 'destroy' }],
  ])('of a container: %s', (action, given, expected) => {
    expect(parseEvent(event('container', action, given))).toEqual({ ...facts, ...expected });
  });

  it('of a network: only its end', () => {
    expect(parseEvent(event('network', 'destroy', { name: 'clos-network', type: 'bridge' }))).toEqual({
      type: 'network',
      action: 'destroy',
      id: 'ab12',
      name: 'clos-network',
      time: '2026-01-02T03:04:05.123Z',
    });
    expect(parseEvent(event('network', 'connect', { name: 'clos-network' }))).toBeNull();
  });

  it('counts in seconds where the engine gives no more', () => {
    expect(parseEvent(event('container', 'start', { ...attributes, over: { timeNano: undefined } }))?.time).toBe(
      '2026-01-02T03:04:05.000Z',
    );
  });

  it.each([
    ['exec_create: sh', event('container', 'exec_create: sh', attributes)],
    ['an image', event('image', 'pull', {})],
    ['no JSON', '{'],
    ['another shape', '{"Type":7}'],
    ['a time that is none', event('container', 'start', { ...attributes, over: { timeNano: 1e300 } })],
  ])('that is not told on: %s', (_, line) => {
    expect(parseEvent(line)).toBeNull();
  });
});

describe('the lines of a stream', () => {
  async function* pieces(...texts: (string | Buffer)[]): AsyncGenerator<Buffer> {
    for (const text of texts) yield Buffer.from(text);
  }

  async function gather(lines: AsyncIterable<string>): Promise<string[]> {
    const gathered: string[] = [];
    for await (const line of lines) gathered.push(line);
    return gathered;
  }

  it('are whole whatever the pieces, also across a character', async () => {
    const [head, tail] = [Buffer.from('🙂').subarray(0, 2), Buffer.from('🙂').subarray(2)];
    expect(await gather(readLines(pieces('a', 'b\nc', head, tail, '\n\nd')))).toEqual(['ab', 'c🙂', 'd']);
  });

  it('are dropped beyond the bound, and the next is whole again', async () => {
    expect(await gather(readLines(pieces('x'.repeat(8), 'x'.repeat(8), 'x\nok\n'), 10))).toEqual(['ok']);
  });
});
