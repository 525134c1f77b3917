import { beforeAll, describe, expect, it } from 'vitest';
import { ClosError } from '#shared/contract/clos-error.ts';
import type { ClosEvent } from '#shared/contract/events.ts';
import { failureData, failureLines, UsageError } from '../../../src/cli/failure.ts';
import { renderConflictCard } from '../../../src/cli/output/card.ts';
import { renderConflicts } from '../../../src/cli/output/conflicts.ts';
import { eventLine } from '../../../src/cli/output/event-line.ts';
import { portOwner, renderPortReport } from '../../../src/cli/output/port-report.ts';
import { renderServices, serviceLine, startedLines } from '../../../src/cli/output/services.ts';
import { ansiPaint, choosePaint, plainPaint, tame, visibleWidth } from '../../../src/cli/output/style.ts';
import { renderStatus } from '../../../src/cli/output/system.ts';
import { ago } from '../../../src/cli/output/time.ts';
import { now, reservation, sampleConflict, sampleLease, sampleService } from './samples.ts';

beforeAll(() => {
  process.env.TZ = 'UTC';
});

const view = { width: null, paint: plainPaint, now, userHome: '/home/ada' };
const failed = sampleService({
  name: 'payments',
  status: 'failed',
  statusReason: 'exit 1',
  health: 'none',
  runtime: {
    type: 'container',
    image: 'registry.example.org/shop/payments-service:2026.11',
    mounts: [],
    init: true,
    pull: 'missing',
    observed: null,
  },
  endpoints: [],
});

const dev = {
  ...sampleService({ name: 'dev' }),
  runtime: {
    type: 'process' as const,
    command: ['npm', 'run', 'dev all'],
    cwd: '/home/ada/src/shop',
    observed: {
      pid: 4711,
      state: 'running' as const,
      startedAt: '2026-11-23T09:58:00.000Z',
      exit: null,
      adopted: false,
      observedAt: '2026-11-23T09:58:00.000Z',
    },
  },
};
const mail = sampleService({
  name: 'mail',
  runtime: {
    type: 'external',
    observed: { answering: true, pid: 99, name: 'mailpit', observedAt: '2026-11-23T09:58:00.000Z' },
  },
});

describe('the list of services', () => {
  it('loses nothing where the output is not a terminal', () => {
    const outdated = sampleService({ needsRestart: true });
    expect(renderServices([outdated, failed], view)).toEqual([
      'Status     Name      Ports  Runs                                                Pid  Since              Health',
      '● running  web       :3000  shop/web:1                                          –    2 min ago          healthy',
      '■ failed   payments  –      registry.example.org/shop/payments-service:2026.11  –    2 min ago: exit 1  –',
      'web runs as it was before its last change. Apply it: clos restart web',
    ]);
  });

  it('cuts the longest cells first in a narrow terminal', () => {
    expect(renderServices([sampleService(), failed], { ...view, width: 72 })).toEqual([
      'Status     Name      Ports  Runs          Pid  Since             Health',
      '● running  web       :3000  shop/web:1    –    2 min ago         healthy',
      '■ failed   payments  –      registry.ex…  –    2 min ago: exit…  –',
    ]);
  });

  it('gives up columns, but never a name or a port, when it is narrower still', () => {
    for (let width = 120; width >= 28; width--) {
      const lines = renderServices([sampleService(), failed], { ...view, width });
      expect(Math.max(...lines.map((line) => line.length)), String(width)).toBeLessThanOrEqual(width);
      expect(lines.join('\n')).toMatch(/running {2}web {7}:3000[\s\S]*failed {3}payments/);
    }
  });

  it('keeps its columns when there are colours', () => {
    const plain = renderServices([sampleService(), failed], view);
    const coloured = renderServices([sampleService(), failed], { ...view, paint: ansiPaint });
    expect(coloured.map((line) => tame(line, false))).toEqual(plain);
    expect(coloured.map((line) => visibleWidth(line))).toEqual(plain.map((line) => line.length));
  });

  it('shows command lines and process numbers, who answers elsewhere, and who waits', () => {
    expect(renderServices([dev, mail, sampleService({ name: 'late', status: 'stopped', waits: true })], view)).toEqual([
      'Status     Name  Ports  Runs                   Pid   Since      Health',
      "● running  dev   :3000  npm run 'dev all'      4711  2 min ago  healthy",
      '● running  mail  :3000  only watched: mailpit  99    2 min ago  healthy',
      '○ stopped  late  :3000  shop/web:1             –     2 min ago  healthy',
      'late starts by itself as soon as its port is free. See what holds it: clos conflicts',
    ]);
    const ended = { ...dev.runtime.observed, state: 'exited' as const };
    expect(renderServices([{ ...dev, runtime: { ...dev.runtime, observed: ended } }], view)[1]).toContain(
      "'dev all'  –    2 min",
    );
  });

  it('says after a start that a port is not the one that was wanted, and why', () => {
    const [endpoint] = sampleService().endpoints;
    const lease = { ...sampleLease(), port: 3001, reason: 'reassigned by policy: :3000 is held by node' };
    const moved = sampleService({ endpoints: endpoint === undefined ? [] : [{ ...endpoint, lease }] });
    expect(startedLines(moved, plainPaint)).toEqual([
      '● web is running on :3001  http://127.0.0.1:3000',
      '  ◧ :3001 instead of :3000: reassigned by policy: :3000 is held by node',
    ]);
    expect(startedLines(sampleService(), plainPaint)).toHaveLength(1);
  });

  it('says in one line what became of a service', () => {
    const stopped = sampleService({ status: 'stopped', statusReason: null });
    expect([sampleService(), stopped, failed].map((service) => serviceLine(service, plainPaint))).toEqual([
      '● web is running on :3000  http://127.0.0.1:3000',
      '○ web is stopped, keeps :3000',
      '■ payments is failed: exit 1',
    ]);
  });
});

describe('the card of a conflict', () => {
  it('says who wants, who holds, what can be done by which command, and why we think so', () => {
    expect(renderConflictCard(sampleConflict, view)).toEqual([
      '◧ web wants :3000                                                    2 min ago',
      '  held by  node  vite --port 3000  pid 4242 · ada · since 09:12',
      '           blog  ~/src/blog  main',
      '',
      '  ● Run web on 3001  recommended · nothing stops · affects api',
      '    $ clos resolve cfl_7 --option reassign',
      '  ○ Stop vite (TERM)  node stops · high risk · cannot be undone',
      '    $ clos resolve cfl_7 --option end-process',
      '',
      '  Why  tcp 0.0.0.0:3000 listens',
      '       127.0.0.1:3000 cannot be bound',
    ]);
  });

  it('tells who answers beside a service, and that one does not answer itself', () => {
    const some = { ...sampleConflict, options: [], evidence: [] };
    expect(renderConflictCard({ ...some, kind: 'shadowed' }, view)).toEqual([
      '◧ web is not alone on :3000                                          2 min ago',
      '  beside   node  vite --port 3000  pid 4242 · ada · since 09:12',
      '           blog  ~/src/blog  main',
      '',
    ]);
    expect(renderConflictCard({ ...some, kind: 'not-answering' }, view)).toEqual([
      '◧ web runs and does not answer on :3000                              2 min ago',
      '  $ clos logs web --tail 20',
      '',
    ]);
  });

  it('names no command while the conflict has no id', () => {
    const { id: _id, state: _state, detectedAt: _at, closedAt: _closed, ...detected } = sampleConflict;
    expect(renderConflictCard({ ...detected, evidence: [] }, view).slice(4)).toEqual([
      '  ● Run web on 3001  recommended · nothing stops · affects api',
      '  ○ Stop vite (TERM)  node stops · high risk · cannot be undone',
      '',
    ]);
  });

  it('cuts a long command line of the holder and says that it is protected', () => {
    const holder = { ...sampleConflict.holder, command: `node ${'x'.repeat(200)}`, protected: true, checkout: null };
    const lines = renderConflictCard({ ...sampleConflict, holder, options: [], evidence: [] }, view);
    expect(lines).toEqual([
      '◧ web wants :3000                                                    2 min ago',
      `  held by  node  node ${'x'.repeat(25)}…  pid 4242 · ada · since 09:12`,
      '           blog',
      '           It is protected: CLOS will not end it.',
      '',
    ]);
  });

  it('has a row in the list', () => {
    expect(renderConflicts([sampleConflict, { ...sampleConflict, state: 'cleared' }], view)).toEqual([
      'State      Port   Wanted by  Held by  Found      Way out          Id',
      '◧ open     :3000  web        node     2 min ago  Run web on 3001  cfl_7',
      '– cleared  :3000  web        node     2 min ago  Run web on 3001  cfl_7',
    ]);
  });
});

const nobody = {
  ...{ port: 3000, free: true, listeners: [], leases: [], claims: [], routes: [] },
  ...{ clos: null, range: null, notes: [] },
};

describe('who holds a port', () => {
  it('names the listener, the lease, the names that lead there, and the claim', () => {
    const container = { id: 'c1', name: 'old-web', image: 'nginx', state: 'exited' };
    const report = {
      ...nobody,
      free: false,
      listeners: [{ protocol: 'tcp' as const, address: '0.0.0.0', port: 3000, holder: sampleConflict.holder }],
      leases: [sampleLease()],
      routes: [{ id: 'rte_1', url: 'http://web.localhost:8080/' }],
      claims: [{ protocol: 'tcp' as const, address: '::1', container }],
      range: 'candlefish',
      notes: ['3000 is in the ephemeral range: any program may be given it for a moment.'],
    };
    expect(renderPortReport(report, view)).toEqual([
      ':3000 is held by node.',
      '  listens  tcp 0.0.0.0:3000  node  vite --port 3000  pid 4242 · ada · since 09:12',
      '           blog  ~/src/blog  main',
      '  leased   tcp 127.0.0.1:3000  web (http)  range candlefish · since 22 Nov 09:00 · wanted',
      '  named    http://web.localhost:8080/',
      '  claimed  tcp [::1]:3000  container old-web (nginx, exited)',
      '  note     3000 is in the ephemeral range: any program may be given it for a moment.',
    ]);
    expect(renderPortReport({ ...report, listeners: [], claims: [] }, view)[0]).toBe(
      ':3000 belongs to service web; nothing listens there now.',
    );
  });

  it('tells a reservation with what it is for, and a port of CLOS itself', () => {
    expect(renderPortReport({ ...nobody, port: 3005, leases: [reservation] }, view)).toEqual([
      ':3005 is reserved: the demo on Friday; nothing listens there now.',
      '  reserved tcp 127.0.0.1:3005  the demo on Friday  range candlefish · since 22 Nov 09:00 · reserved',
    ]);
    expect(portOwner({ ...nobody, leases: [reservation] })).toBe('a reservation');
    expect(renderPortReport({ ...nobody, port: 8080, clos: 'gateway' }, view)).toEqual([
      ':8080 belongs to CLOS (gateway).',
    ]);
  });

  it('says nobody when it is nobody', () => {
    expect(renderPortReport(nobody, view)).toEqual([':3000 is held by nobody.']);
  });
});

describe('the history', () => {
  const event: ClosEvent = {
    seq: 12,
    type: 'service.status-changed',
    version: 1,
    subject: { type: 'service', id: 'svc_1', name: 'web' },
    actor: { type: 'key', id: 'key_1', name: 'owner' },
    cause: null,
    trace: null,
    time: '2026-11-23T09:41:02.000Z',
    data: { from: 'running', to: 'failed', reason: 'exit 137', exitCode: 137 },
  };

  it('is told in lines, each with its number, its time and who did it', () => {
    expect(eventLine(event, plainPaint)).toBe(
      '    12  09:41:02  service.status-changed  web running → failed: exit 137  by owner',
    );
  });

  it('shows the data of what it does not know yet', () => {
    expect(eventLine({ ...event, type: 'service.renamed', data: { to: 'shop' } }, plainPaint)).toBe(
      '    12  09:41:02  service.renamed         web {"to":"shop"}  by owner',
    );
  });
});

describe('the state of CLOS', () => {
  it('fits on one screen and says what wants the person', () => {
    const lines = renderStatus(
      {
        version: '2.0.0',
        seq: 9,
        engine: {
          state: 'unavailable',
          name: 'Docker',
          version: null,
          address: '/run/docker.sock',
          found: 'the usual place',
          reason: 'nobody answers',
          since: '2026-11-23T09:00:00.000Z',
        },
        modules: [
          { name: 'api', state: 'ready', pid: 11, restarts: 0, reason: null },
          { name: 'gateway', state: 'degraded', pid: null, restarts: 5, reason: 'exit 1' },
        ],
        services: { total: 3, running: 1, failed: 1, unhealthy: 1 },
        openConflicts: 2,
        storage: {
          backup: {
            name: 'core-000000000007-20261123T080000Z.db',
            path: '/home/ada/.clos/backups/core-000000000007-20261123T080000Z.db',
            seq: 7,
            version: 3,
            bytes: 90_112,
            madeAt: new Date(now - 120_000).toISOString(),
            beforeMigration: null,
          },
          restored: {
            at: new Date(now - 60_000).toISOString(),
            backup: 'core-000000000007-20261123T080000Z.db',
            reason: 'the file is empty',
            setAside: '/home/ada/.clos/backups/quarantine/1',
          },
        },
      },
      { paint: plainPaint, dashboard: 'http://127.0.0.1:3500', home: '/home/ada/.clos', now },
    );
    expect(lines).toEqual([
      'CLOS 2.0.0  /home/ada/.clos',
      '',
      'Services   1 of 3 running · ▲ 1 unhealthy · ■ 1 failed',
      'Conflicts  ◧ 2 open: clos conflicts',
      'Engine     ■ Docker at /run/docker.sock is away: nobody answers',
      'Modules    ● api        ready     pid 11',
      '           ▲ gateway    degraded  restarted 5 times · exit 1',
      'Backup     2 min ago  see all with: clos backups',
      '           ▲ The database was restored 1 min ago from core-000000000007-20261123T080000Z.db: the file is empty',
      '           What was there before is in /home/ada/.clos/backups/quarantine/1',
      'Dashboard  http://127.0.0.1:3500  open it with: clos open',
    ]);
  });
});

describe('errors', () => {
  it('are at most three lines, the last one says what to do', () => {
    const invalid = new ClosError('INVALID_INPUT', 'The request is not valid', {
      errors: [
        { path: 'name', message: 'is missing' },
        { path: 'env', message: 'is no object' },
      ],
    });
    expect(failureLines(new ClosError('CLOS_UNREACHABLE', 'CLOS is not running.'))).toEqual([
      'CLOS is not running. Start it with: clos serve',
    ]);
    expect(failureLines(invalid)).toEqual(['The request is not valid', 'name: is missing · env: is no object']);
    expect(failureLines(new ClosError('SERVICE_NOT_FOUND', 'There is no service "x".'))).toEqual([
      'There is no service "x".',
      'See all services: clos ps',
    ]);
    expect(failureLines(new ClosError('INTERNAL', 'It broke.', { extra: { requestId: 'req_1' } }))).toEqual([
      'It broke.',
      'The log has more under req_1.',
    ]);
    expect(failureLines(new UsageError('No.', 'Do this.'))).toEqual(['No.', 'Do this.']);
  });

  it('carry their code and what belongs to it as data', () => {
    const error = new ClosError('PORT_CONFLICT', 'Taken.', {
      extra: { conflicts: [1], requestId: 'req_1', advice: 'x' },
    });
    expect(failureData(error)).toEqual({ code: 'PORT_CONFLICT', detail: 'Taken.', conflicts: [1], requestId: 'req_1' });
    expect(failureData(new UsageError('No.'))).toEqual({ code: 'USAGE', detail: 'No.' });
  });
});

describe('what others wrote', () => {
  it('cannot steer the terminal', () => {
    const nasty = 'a\u001b[2Jb\u001b]0;title\u0007c\u001b[31md\u001b[0m\r\u0008\u009b5me\tf\ng\u001bc';
    expect(tame(nasty, false)).toBe('abcd5me\tf\ng');
    expect(tame(nasty, true)).toBe('abc\u001b[31md\u001b[0m5me\tf\ng');
  });

  it('is coloured only in a terminal whose user wants it', () => {
    const paints = [
      { isTerminal: true, color: true, env: {} },
      { isTerminal: false, color: true, env: {} },
      { isTerminal: true, color: false, env: {} },
      { isTerminal: true, color: true, env: { NO_COLOR: '1' } },
      { isTerminal: true, color: true, env: { TERM: 'dumb' } },
    ].map((options) => choosePaint(options)('red', 'x'));
    expect(paints).toEqual(['\u001b[31mx\u001b[0m', 'x', 'x', 'x', 'x']);
  });
});

describe('an age', () => {
  it('has one unit', () => {
    const times = [-5, 2, 40, 90, 3 * 3600, 24 * 3600, 5 * 86_400].map((seconds) =>
      new Date(now - seconds * 1000).toISOString(),
    );
    expect(times.map((time) => ago(time, now))).toEqual([
      'just now',
      'just now',
      '40 s ago',
      '1 min ago',
      '3 h ago',
      '1 day ago',
      '5 days ago',
    ]);
  });
});
