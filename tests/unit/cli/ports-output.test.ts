import { beforeAll, describe, expect, it } from 'vitest';
import { renderListeners } from '../../../src/cli/output/listeners.ts';
import { renderOperation, renderOperations, renderPlan, undoHint } from '../../../src/cli/output/operation.ts';
import { renderPortMap } from '../../../src/cli/output/port-map.ts';
import { renderSettings } from '../../../src/cli/output/settings.ts';
import { plainPaint } from '../../../src/cli/output/style.ts';
import { now, reservation, sampleConflict, sampleLease, sampleOperation, samplePort } from './samples.ts';

beforeAll(() => {
  process.env.TZ = 'UTC';
});

const view = { width: null, paint: plainPaint, now };
const ranges = [
  { name: 'apis', first: 4000, last: 4999 },
  { name: 'candlefish', first: 3000, last: 3099 },
];
const rows = [
  samplePort({
    port: 3000,
    range: 'candlefish',
    state: 'contested',
    label: 'web',
    lease: sampleLease(),
    holder: sampleConflict.holder,
  }),
  samplePort({
    port: 3005,
    range: 'candlefish',
    state: 'reserved',
    label: 'reserved',
    listening: false,
    lease: reservation,
    holder: null,
  }),
  samplePort(),
  samplePort({ port: 5353, protocol: 'udp', label: 'unknown', holder: null, addresses: ['0.0.0.0', '::'] }),
];

describe('the map of ports', () => {
  it('has a line for each range, its ports below, and what is in no range at the end', () => {
    expect(renderPortMap({ rows, ranges }, view)).toEqual([
      'candlefish 3000-3099  1 reserved · 1 contested · 98 free',
      '  Port       State        Belongs to          Held by  Pid   Where',
      '  :3000      ◧ contested  web (http)          node     4242  /home/ada/src/blog main',
      '  :3005      ◇ reserved   the demo on Friday  –        –     127.0.0.1:3005',
      'apis 4000-4999  1000 free',
      'no range  2 listening',
      '  :5173      ▨ listening  node                node     4242  127.0.0.1:5173',
      '  :5353/udp  ▨ listening  unknown             unknown  –     0.0.0.0:5353 [::]:5353',
    ]);
  });

  it('says of each range that it is free when nobody has to do with any port', () => {
    expect(renderPortMap({ rows: [], ranges }, view)).toEqual([
      'candlefish 3000-3099  100 free',
      'apis 4000-4999  1000 free',
    ]);
  });

  it('fits into a narrow terminal', () => {
    const lines = renderPortMap({ rows, ranges }, { ...view, width: 56 });
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(56);
    expect(lines.join('\n')).toMatch(/:3000 .*contested[\s\S]*:3005 .*reserved/);
  });
});

describe('the sockets that listen', () => {
  it('are a table with the program, its process and where it comes from', () => {
    const { holder } = sampleConflict;
    expect(renderListeners([{ protocol: 'tcp', address: '::', port: 3000, holder }], view)).toEqual([
      'Socket         Program  Pid   User  Since  Project  Command',
      'tcp [::]:3000  node     4242  ada   09:12  blog     vite --port 3000',
    ]);
  });
});

describe('an operation', () => {
  it('has a row in the list', () => {
    const failed = sampleOperation({
      id: 'op_2',
      type: 'services.start',
      subject: { type: 'system', id: 'services', name: 'web, api' },
      status: 'failed',
      error: { code: 'PORT_CONFLICT', detail: ':3000 is taken.' },
      undoable: false,
    });
    expect(renderOperations([sampleOperation(), failed], view)).toEqual([
      'Status       What                       By     When       Outcome          Undo  Id',
      '● succeeded  resolve a conflict of web  owner  2 min ago  –                yes   op_1',
      '■ failed     start web, api             owner  2 min ago  :3000 is taken.  –     op_2',
    ]);
  });

  it('is shown with its steps, and how to undo it', () => {
    expect(renderOperation(sampleOperation(), view)).toEqual([
      '● resolve a conflict of web: succeeded  by owner, 2 min ago',
      '  ● Lease :3001 to web/http',
      '  ● Start npm  (pid 4711)',
      'undo with: clos undo op_1',
    ]);
    expect(undoHint(sampleOperation({ undoable: false }))).toEqual([]);
  });

  it('that was only planned says that nothing was changed', () => {
    const steps = [{ name: 'Lease :3001 to web/http', status: 'planned' as const, detail: 'near 3000' }];
    expect(renderPlan(sampleOperation({ dryRun: true, steps }))).toEqual([
      'To resolve a conflict of web, CLOS would:',
      '  ○ Lease :3001 to web/http  (near 3000)',
      'Nothing was changed.',
    ]);
  });
});

describe('the settings of conflicts', () => {
  it('say what happens, whom a takeover may end, and whom nobody may', () => {
    const settings = {
      onConflict: 'takeover' as const,
      mayEnd: [{ name: 'node', commandContains: 'vite' }, { name: 'ruby' }],
      protect: [],
    };
    expect(renderSettings(settings)).toEqual([
      'When a port is taken  takeover: the holder is stopped, where CLOS may stop it',
      'Takeover may end      node, where the command contains "vite"',
      '                      ruby',
      'Never ended           nothing named',
    ]);
  });
});
