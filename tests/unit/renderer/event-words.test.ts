import { describe, expect, it } from 'vitest';
import { eventWords, isHeadline } from '#renderer/lib/event-words.ts';
import type { ClosEvent } from '#shared/contract/events.ts';
import type { Operation, OperationType } from '#shared/contract/operations.ts';
import { conflict, time } from './samples.ts';

function event(type: string, data: Record<string, unknown>, name: string | null = 'web'): ClosEvent {
  return {
    seq: 1,
    type,
    version: 1,
    subject: { type: 'service', id: 'svc_1', name },
    actor: { type: 'key', id: 'key_1', name: 'owner' },
    cause: null,
    trace: null,
    time,
    data,
  };
}

function operation(type: OperationType, subject: Operation['subject'], part: Partial<Operation> = {}): Operation {
  return {
    id: 'op_1',
    type,
    subject,
    actor: { type: 'key', id: 'key_1', name: 'owner' },
    status: 'succeeded',
    dryRun: false,
    progress: 1,
    steps: [],
    conflicts: [],
    error: null,
    startedAt: time,
    finishedAt: time,
    undoable: false,
    ...part,
  };
}

const text = (type: string, data: Record<string, unknown>) => {
  const words = eventWords(event(type, data));
  return words.reason === null ? words.text : `${words.text}: ${words.reason}`;
};

describe('An event in words', () => {
  const reservation = { leaseId: 'lse_1', protocol: 'tcp', port: 3005, note: 'the demo' };

  it('is told for what the ports and the conflicts of processes bring', () => {
    expect(text('service.adopted', { pid: 42, containerId: null })).toBe('web was adopted as it ran: pid 42');
    expect(text('service.waiting-changed', { waits: true, reason: 'waits for :3000' })).toBe(
      'web waits and starts by itself: waits for :3000',
    );
    expect(text('service.waiting-changed', { waits: false, reason: '' })).toBe('web no longer waits');
    expect(text('port.reserved', reservation)).toBe(':3005 was reserved: the demo');
    expect(text('port.released', { ...reservation, note: '' })).toBe(':3005 is no longer reserved');
    expect(text('ranges.changed', { ranges: [{ name: 'apis', first: 4000, last: 4999 }] })).toBe(
      'The ranges were changed: apis 4000–4999',
    );
    expect(text('settings.changed', { name: 'conflicts' })).toBe('The settings of conflicts were changed');
    expect(text('conflict.changed', { conflict: conflict('process') })).toBe(
      'web wants :3000, held by node of blog: what is known of it changed',
    );
  });

  it('names what an operation is about, where that has a name', () => {
    const finished = (of: Operation) => text('operation.finished', { operation: of });
    expect(finished(operation('service.adopt', { type: 'service', id: 'svc_1', name: 'web' }))).toBe(
      'Adoption of web succeeded',
    );
    expect(finished(operation('services.start', { type: 'system', id: 'services', name: 'web, api' }))).toBe(
      'Start of web, api succeeded',
    );
    expect(finished(operation('operation.undo', { type: 'operation', id: 'op_0', name: null }))).toBe(
      'Undoing succeeded',
    );
  });

  it('of an unknown type is shown by its name', () => {
    expect(text('service.painted', {})).toBe('service.painted web');
    expect(text('port.reserved', { port: 'x' })).toBe('port.reserved web');
  });

  it('is a headline only if it says something new', () => {
    expect(isHeadline(event('conflict.detected', { conflict: conflict('process') }))).toBe(true);
    expect(isHeadline(event('conflict.changed', { conflict: conflict('process') }))).toBe(false);
  });
});
