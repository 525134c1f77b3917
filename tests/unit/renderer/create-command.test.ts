import { describe, expect, it } from 'vitest';
import { createCommand } from '#renderer/features/services/create-command.ts';
import { offeredTemplates } from '#renderer/features/services/offered-templates.ts';
import { emptyDraft, newEndpoint } from '#renderer/features/services/service-draft.ts';

const endpoint = { ...newEndpoint(true), hostPort: '3000' };

describe('A service as it is typed, as a command', () => {
  it('creates a process with its port and its folder', () => {
    const draft = { ...emptyDraft(), type: 'process' as const, name: 'web', endpoints: [endpoint] };
    expect(createCommand({ ...draft, cwd: '/srv/my shop', command: `npm run "dev all"`, onConflict: 'wait' })).toBe(
      `clos create web --port 3000 --cwd '/srv/my shop' --on-conflict wait -- npm run 'dev all'`,
    );
  });

  it('creates a container with the ports inside', () => {
    const admin = { ...newEndpoint(false), name: 'admin', containerPort: '81', protocol: 'udp' as const };
    const draft = { ...emptyDraft(), name: 'web', image: 'nginx', memory: '1GiB', restart: 'always' as const };
    expect(createCommand({ ...draft, endpoints: [{ ...endpoint, containerPort: '80' }, admin], env: 'A=1 2' })).toBe(
      `clos create web --image nginx --port 3000:80 --port admin=auto:81/udp -e 'A=1 2' --memory 1GiB --restart always`,
    );
  });

  it('creates what is only watched with nothing but its ports', () => {
    const draft = { ...emptyDraft(), type: 'external' as const, name: 'db', endpoints: [endpoint] };
    expect(createCommand({ ...draft, env: 'A=1', command: 'x', memory: '1GiB' })).toBe(
      'clos create db --external --port 3000',
    );
    expect(createCommand({ ...draft, endpoints: [{ ...endpoint, name: 'db', scheme: 'postgres' }] })).toBe(
      'clos create db --external --port db=3000/postgres',
    );
  });

  it('creates what starts on a visit, unless CLOS only watches it', () => {
    const draft = { ...emptyDraft(), type: 'process' as const, name: 'web', command: 'node .', startOnVisit: true };
    expect(createCommand({ ...draft, endpoints: [endpoint] })).toBe(
      'clos create web --port 3000 --start-on-visit -- node .',
    );
    expect(createCommand({ ...draft, type: 'external', endpoints: [endpoint] })).toBe(
      'clos create web --external --port 3000',
    );
  });
});

describe('The templates that a form offers', () => {
  it('name its own ports and the other services', () => {
    const draft = { name: 'web', endpoints: [endpoint, { ...newEndpoint(false), name: 'admin' }] };
    expect(offeredTemplates(draft, ['api', 'web'])).toEqual(
      ['{endpoints.http.port}', '{endpoints.admin.port}', '{services.api.url}'].map((inner) => `$${inner}`),
    );
  });

  it('are examples while there is nothing to name', () => {
    expect(offeredTemplates({ name: '', endpoints: [] }, [])).toEqual(
      ['{endpoints.http.port}', '{services.db.url}'].map((inner) => `$${inner}`),
    );
  });
});
