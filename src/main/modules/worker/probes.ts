import { connect } from 'node:net';
import { hostInUrl } from '#shared/contract/places.ts';
import { answerOf, reasonOf, Timeout } from './answer-of.ts';
import type { CheckOutcome } from './health-state.ts';
import type { CheckTarget } from './targets.ts';

/** A forwarder in front of a container accepts for it, and hangs up at once if nobody is behind: so long we look. */
const settleMs = 100;

async function probeHttp(target: CheckTarget, path: string): Promise<CheckOutcome> {
  const { address, port, timeoutMs } = target;
  const answer = await answerOf({
    origin: `http://${hostInUrl(address)}:${port}`,
    method: 'GET',
    path,
    headers: { 'user-agent': 'clos-health-check', accept: '*/*' },
    timeoutMs,
  });
  if (answer instanceof Error) return { ok: false, reason: reasonOf(answer, timeoutMs) };
  // A redirect is an answer of this service; where it leads is not looked at.
  return answer.status < 400 ? { ok: true } : { ok: false, reason: `The answer was HTTP ${answer.status}.` };
}

function probeTcp(target: CheckTarget): Promise<CheckOutcome> {
  return new Promise((resolve) => {
    const socket = connect({ host: target.address, port: target.port });
    let settled: NodeJS.Timeout | undefined;
    const finish = (outcome: CheckOutcome) => {
      clearTimeout(timer);
      clearTimeout(settled);
      socket.destroy();
      resolve(outcome);
    };
    const fail = (error: Error) => finish({ ok: false, reason: reasonOf(error, target.timeoutMs) });
    const timer = setTimeout(() => fail(new Timeout()), target.timeoutMs);
    timer.unref();
    socket.once('connect', () => {
      clearTimeout(timer);
      settled = setTimeout(() => finish({ ok: true }), settleMs);
    });
    // Whoever greets us is there, even if it hangs up next.
    socket.once('data', () => finish({ ok: true }));
    socket.once('end', () => finish({ ok: false, reason: 'The connection was closed without an answer.' }));
    socket.on('error', fail);
  });
}

/** Checks once. Never rejects, and is over within the target's timeout (plus 100 ms for tcp). */
export function probe(target: CheckTarget): Promise<CheckOutcome> {
  return target.kind.type === 'http' ? probeHttp(target, target.kind.path) : probeTcp(target);
}
