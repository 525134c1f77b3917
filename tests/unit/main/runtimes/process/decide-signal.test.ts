import { describe, expect, it } from 'vitest';
import type { ProcessIdentity, ProcessInfo } from '#main/host/types.ts';
import { decideSignal, type SignalFacts } from '#main/runtimes/process/decide-signal.ts';
import { factsOf, ourselves, processOf } from './facts.ts';

describe('a process may be signalled', () => {
  it('when it is the very one and nothing protects it', () => {
    expect(decideSignal(factsOf())).toEqual({ allowed: true });
  });

  it('whatever it is called, when we have started it', () => {
    const found = processOf({ name: 'dockerd', executable: '/usr/bin/dockerd' });
    expect(decideSignal(factsOf({ found, owned: true, userProtected: ['dockerd'] }))).toEqual({ allowed: true });
  });
});

describe('a process must not be signalled', () => {
  it.each<[string, Partial<SignalFacts>, string]>([
    ['that has ended', { found: null, alive: false }, 'Process 4242 has ended.'],
    ['that waits as a zombie for its parent', { alive: false }, 'Process 4242 has ended.'],
    [
      'that has only the number of the wanted one',
      { wanted: { pid: 4242, startTicks: 6999, bootId: 'boot' } },
      'Process 4242 has ended, and its number belongs to another one now.',
    ],
    [
      'of another boot',
      { wanted: { pid: 4242, startTicks: 7000, bootId: 'yesterday' } },
      'Process 4242 has ended, and its number belongs to another one now.',
    ],
  ])('%s: it is gone', (_, change, reason) => {
    expect(decideSignal(factsOf(change))).toEqual({ allowed: false, code: 'PROCESS_GONE', reason });
  });

  it.each<[string, Partial<ProcessInfo>, string]>([
    ['the first process', { pid: 1, name: 'systemd' }, 'It is the first process of the system.'],
    ['number 0, which would mean our own group', { pid: 0 }, 'It is the first process of the system.'],
    ['a negative number, which would mean everybody', { pid: -1 }, 'It is the first process of the system.'],
    ['ourselves', { pid: 500 }, 'It is CLOS itself.'],
    ['an ancestor of ours', { pid: 300 }, 'CLOS runs under it.'],
    ['the leader of our session', { pid: 450 }, 'It leads the session that CLOS runs in.'],
  ])('%s, even when we have started it', (_, change, reason) => {
    const found = processOf(change);
    const decisions = [false, true].map((owned) => decideSignal(factsOf({ found, owned })));
    const refused = { allowed: false, code: 'PROCESS_PROTECTED', reason };
    expect(decisions).toEqual([refused, refused]);
  });

  it.each<[string, Partial<ProcessInfo>, string]>([
    ['the SSH server', { name: 'sshd' }, 'It is the SSH server, which may carry your session.'],
    ['an engine', { name: 'dockerd' }, 'It is a container engine (dockerd); ending it would affect every container.'],
    ['a forwarder', { name: 'docker-proxy' }, 'docker-proxy forwards the port for a container or a virtual machine.'],
    ['what the user has named', { name: 'Postgres' }, 'Postgres is on your list of protected programs.'],
    [
      'what the user has named, by its file',
      { name: 'writer', executable: '/usr/lib/postgresql/16/bin/postgres' },
      'postgres is on your list of protected programs.',
    ],
  ])('%s', (_, change, reason) => {
    const decision = decideSignal(factsOf({ found: processOf(change), userProtected: ['postgres'] }));
    expect(decision).toEqual({ allowed: false, code: 'PROCESS_PROTECTED', reason });
  });
});

describe('in ten thousand worlds where numbers are given away again', () => {
  it('no wrong process is signalled, and the right one always is', () => {
    const random = seeded(20_261_124);
    const wrong: SignalFacts[] = [];
    let signalled = 0;
    let reused = 0;
    for (let trial = 0; trial < 10_000; trial++) {
      const { facts, holder, wanted } = randomWorld(random);
      const mayBeSignalled = holder === wanted && !holder.isProtected;
      if (holder !== null && holder !== wanted) reused++;
      if (decideSignal(facts).allowed) signalled++;
      if (decideSignal(facts).allowed !== mayBeSignalled) wrong.push(facts);
    }

    expect(wrong).toEqual([]);
    expect([signalled > 200, reused > 5000]).toEqual([true, true]);
  });
});

/** A process of such a world; two are the same only when they are the same object. */
interface Inhabitant {
  info: ProcessInfo;
  isProtected: boolean;
}

interface World {
  facts: SignalFacts;
  wanted: Inhabitant;
  /** Who has the number when the signal would be sent. */
  holder: Inhabitant | null;
}

/**
 * Few numbers and few moments, so that they come together in every way: the number was given away once or several times, across a
 * boot or not, before the process was described or between that and the last look.
 */
function randomWorld(random: () => number): World {
  const pick = (count: number) => Math.floor(random() * count);
  const pids = [2, 300, 450, 500, 4242, 4243, 4244, 4245];
  const pid = pids[pick(pids.length)] ?? 0;
  let clock = pick(50);
  let boot = 0;
  const born = (): Inhabitant => {
    if (random() < 0.2) {
      boot++;
      clock = pick(50);
    }
    clock += 1 + pick(3);
    const name = ['node', 'python3', 'sshd', 'docker-proxy', 'postgres'][pick(5)] ?? '';
    const info = processOf({
      pid,
      name,
      executable: `/usr/bin/${name}`,
      argv: [name],
      startTicks: clock,
      bootId: `boot-${boot}`,
    });
    const isOurs = pid === ourselves.pid || pid === ourselves.sessionId || ourselves.ancestors.includes(pid);
    return { info, isProtected: isOurs || !['node', 'python3'].includes(name) };
  };

  const wanted = born();
  const identity = identityOf(wanted);
  let holder: Inhabitant | null = wanted;
  const timePasses = () => {
    const events = [0, 0, 0, 1, 2, 5][pick(6)] ?? 0;
    for (let event = 0; event < events; event++) holder = random() < 0.15 ? null : born();
  };
  timePasses();
  const described = holder;
  timePasses();
  const alive = holder !== null && sameIdentity(identityOf(holder), identity);
  const facts = {
    wanted: identity,
    found: described?.info ?? null,
    alive,
    ourselves,
    userProtected: ['postgres'],
    owned: false,
  };
  return { facts, wanted, holder };
}

function identityOf({ info: { pid, startTicks, bootId } }: Inhabitant): ProcessIdentity {
  return { pid, startTicks, bootId };
}

function sameIdentity(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.pid === b.pid && a.startTicks === b.startTicks && a.bootId === b.bootId;
}

/** The same numbers at every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
