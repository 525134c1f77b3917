/** An event as everybody in these rows sends it: the very one that ours has in its log. */
export const sampleMessage = {
  type: 'event',
  seq: 1,
  event: {
    seq: 1,
    type: 'service.updated',
    version: 2,
    subject: { type: 'service', id: 'svc_1', name: 'wéb "1"' },
    actor: { type: 'key', id: 'key_1', name: 'a reader' },
    cause: null,
    trace: null,
    time: '2026-01-02T03:04:05.000Z',
    data: { revision: 0, changed: [{ field: 'env', from: null, to: '' }] },
  },
};
