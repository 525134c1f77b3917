import { z } from 'zod';
import { newId } from '#shared/base/ids.ts';
import type { ModuleServer } from '../../http/module-server.ts';
import type { ModulePort } from '../../supervisor/module.ts';

const requestSchema = z.object({
  id: z.int(),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  path: z.string().startsWith('/').max(8192),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().optional(),
});

/** Headers that say who asks or how the bytes travel; on a channel neither is the caller's to say. */
const notTheCallers = new Set([
  'authorization',
  'host',
  'origin',
  'content-length',
  'transfer-encoding',
  'connection',
  'x-request-id',
]);

/**
 * Serves requests from one end of a message channel: `{ id, method, path, headers, body }` in, `{ id, status, headers, body }`
 * out. They go into the same pipeline as those over HTTP. Identity belongs to the channel: whoever holds the other end is the
 * desktop, and a header cannot change that.
 */
export function serveDesktop(server: ModuleServer, port: ModulePort): void {
  const { token, revoke } = server.grant({ type: 'desktop', id: newId('ses'), name: 'desktop', role: 'admin' });

  async function answer(raw: unknown): Promise<void> {
    const parsed = requestSchema.safeParse(raw);
    if (!parsed.success) return;
    const { id, method, path, headers, body } = parsed.data;
    const kept = Object.entries(headers).filter(([name]) => !notTheCallers.has(name.toLowerCase()));
    const response = await server.app.inject({
      method,
      url: path,
      headers: { ...Object.fromEntries(kept), authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { payload: body }),
    });
    const answered = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
    port.postMessage({ id, status: response.statusCode, headers: Object.fromEntries(answered), body: response.body });
  }

  port.on('message', (event) => void answer(event.data));
  port.on('close', revoke);
  port.start();
}
