import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '#shared/contract/access.ts';
import type { AuditEntry } from '#shared/contract/audit.ts';
import type { OperationDefinition } from '#shared/contract/operation-definition.ts';

const longestAgent = 200;

/**
 * Where a request came from. The gateway passes requests on over the module's socket and says for whom; whoever can open that
 * socket is this user anyway, so what it says is taken.
 */
function sourceOf({ raw, headers }: FastifyRequest, principal: Principal): AuditEntry['source'] {
  const forwarded = headers['x-forwarded-for'];
  const own = raw.socket?.localPort === undefined ? null : (raw.socket.remoteAddress ?? null);
  const address = own ?? (typeof forwarded === 'string' ? forwarded : null);
  const via = principal.type === 'desktop' ? 'desktop' : address === null ? 'socket' : 'tcp';
  return { via, address: via === 'tcp' ? address : null, agent: headers['user-agent']?.slice(0, longestAgent) ?? null };
}

/** What the path names: the first of its parameters. */
function subjectOf({ params }: FastifyRequest): string | null {
  const [first] = Object.values((params ?? {}) as Record<string, unknown>);
  return typeof first === 'string' ? first : null;
}

/** The note of an answered request; null for one that only reads and may, and for those that modules make among themselves. */
export function auditEntryOf(
  request: FastifyRequest,
  reply: FastifyReply,
  { principal, code }: { principal: Principal; code: string | null },
): Omit<AuditEntry, 'id'> | null {
  const { operation } = request.routeOptions.config as { operation?: OperationDefinition };
  if (operation === undefined || principal.type === 'module') return null;
  if (request.method === 'GET' && code !== 'NOT_ALLOWED') return null;
  return {
    time: new Date().toISOString(),
    actor: { type: principal.type, id: principal.id, name: principal.name },
    action: operation.id,
    subject: subjectOf(request),
    method: request.method,
    path: request.url.split('?')[0] ?? '',
    status: reply.statusCode,
    code,
    trace: request.id,
    source: sourceOf(request, principal),
    ms: Math.round(reply.elapsedTime * 10) / 10,
  };
}
