import Database from 'better-sqlite3';
import Fastify from 'fastify';
import { z } from 'zod';

/**
 * How a list is usually served: each request looks its key up, reads a hundred rows from SQLite and makes JSON of them. A process of
 * its own; says the port that it took to whoever forked it.
 */
const orderSchema = z.object({ path: z.string(), key: z.string() });

process.once('message', async (message) => {
  const { path, key } = orderSchema.parse(message);
  const db = new Database(path, { readonly: true });
  const known = db.prepare<[string], { role: string }>('SELECT role FROM keys WHERE key = ?');
  const rows = db.prepare<[], { service: string }>('SELECT service FROM services ORDER BY name');
  const app = Fastify();
  app.get('/services', (request, reply) => {
    const given = request.headers.authorization?.replace('Bearer ', '') ?? '';
    if (given !== key || known.get(given) === undefined) return reply.code(401).send();
    return { items: rows.all().map(({ service }) => JSON.parse(service)), nextCursor: null };
  });
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  process.send?.(address);
});
process.once('disconnect', () => process.exit(0));
