import { newId } from '#shared/base/ids.ts';
import { serveIpcPort } from '#shared/client/ipc-serve.ts';
import type { ModuleServer } from '../../../http/module-server.ts';
import type { ModulePort } from '../../../supervisor/module.ts';

/**
 * Serves requests from one end of a message channel: `{ id, method, path, headers, body }` in, `{ id, status, headers, body }`
 * out. They go into the same pipeline as those over HTTP. Identity belongs to the channel: whoever holds the other end is the
 * desktop, and a header that could say otherwise is not accepted.
 */
export function serveDesktop(server: ModuleServer, port: ModulePort): void {
  const { token, revoke } = server.grant({ type: 'desktop', id: newId('ses'), name: 'desktop', role: 'admin' });
  serveIpcPort(port, async ({ method, path, headers, body }) => {
    const response = await server.app.inject({
      method,
      url: path,
      headers: { ...headers, authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { payload: body }),
    });
    const answered = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
    return { status: response.statusCode, headers: Object.fromEntries(answered), body: response.body };
  });
  port.on('close', revoke);
}
