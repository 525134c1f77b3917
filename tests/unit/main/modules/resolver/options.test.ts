import { describe, expect, it } from 'vitest';
import type { Finding } from '#main/modules/resolver/detect.ts';
import { proposeOptions } from '#main/modules/resolver/options.ts';

const finding: Finding = {
  kind: 'process',
  severity: 'blocking',
  wanted: { service: 'web', serviceId: 'svc_web', endpoint: 'http', protocol: 'tcp', address: '127.0.0.1', port: 3000 },
  holder: {
    type: 'process',
    name: 'node',
    pid: 4242,
    command: 'node server.js',
    user: 'ada',
    since: null,
    container: null,
    service: null,
    project: null,
    checkout: null,
    protected: false,
  },
  evidence: [],
};
const suggestPort = () => ({ port: 3001, range: 'apis', reason: '3001 is the next free port.' });

describe('the options of a conflict', () => {
  it('offer another port, with every step in words', async () => {
    expect(await proposeOptions(finding, { suggestPort })).toEqual([
      {
        id: 'reassign',
        strategy: 'reassign',
        title: 'Run web on 3001',
        steps: [
          'Lease 3001 to web/http instead of 3000. 3001 is the next free port.',
          'Start web on 3001 and keep that port until it is changed',
        ],
        affects: [],
        risk: 'none',
        reversible: false,
        recommended: true,
        // It has no id before it is recorded.
        command: 'clos resolve CONFLICT --option reassign',
        port: 3001,
      },
    ]);
  });

  it('recommend nothing where nothing blocks', async () => {
    const [option] = await proposeOptions({ ...finding, severity: 'warning', kind: 'shadowed' }, { suggestPort });
    expect(option).toMatchObject({ id: 'reassign', recommended: false });
  });

  it.each<[string, Partial<Finding>]>([
    ['nobody in particular wants the port', { wanted: { ...finding.wanted, service: null, serviceId: null } }],
    ['the address is not there', { kind: 'reserved' }],
    ['the service runs but does not answer', { kind: 'not-answering' }],
  ])('are none when %s', async (_, change) => {
    expect(await proposeOptions({ ...finding, ...change }, { suggestPort })).toEqual([]);
  });

  it('are none when no port is left', async () => {
    expect(await proposeOptions(finding, { suggestPort: () => null })).toEqual([]);
  });
});
