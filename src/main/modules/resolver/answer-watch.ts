import type { ConnectResult } from '#main/host/connect-probe.ts';
import { reachableAddress } from '#shared/contract/places.ts';

interface AskedService {
  id: string;
  endpoints: ReadonlyArray<{ address: string; port: number }>;
}

export interface AnswerWatchOptions {
  probe(target: { address: string; port: number; timeoutMs: number }): Promise<ConnectResult>;
  /** Called when a service's port turned out to be silent, and when a silent one has answered. */
  onChange(serviceId: string): void;
  timing?: Partial<typeof usualTiming>;
}

/**
 * Finds services that run although their port does not answer: a program that listens elsewhere, a container whose inside port is
 * wrong (the engine's forwarder accepts and closes at once).
 */
export interface AnswerWatch {
  /** The services that run now. One that was here before goes on where it was. */
  setServices(services: readonly AskedService[]): void;
  /** What was tried in vain at a port, as a sentence; null when it has answered, or was not asked yet. */
  silence(serviceId: string, port: number): string | null;
  stop(): void;
}

/**
 * A program has ten seconds to begin; one refusal may be bad luck, two are a finding. What has answered once is left alone: every
 * question is a connection that the program sees.
 */
const usualTiming = { firstMs: 10_000, secondMs: 2000, againMs: 10_000, timeoutMs: 1000 };

const words: Partial<Record<ConnectResult, string>> = {
  refused: 'the connection was refused',
  'closed-at-once':
    'the connection was accepted and closed at once, which is what a forwarder does when nothing listens behind it',
  unreachable: 'the address could not be reached',
};

interface Question {
  serviceId: string;
  timer: NodeJS.Timeout;
  failures: number;
  tried: string | null;
}

export function createAnswerWatch({ probe, onChange, timing }: AnswerWatchOptions): AnswerWatch {
  const { firstMs, secondMs, againMs, timeoutMs } = { ...usualTiming, ...timing };
  const questions = new Map<string, Question>();

  function later(key: string, ms: number, target: { address: string; port: number }): NodeJS.Timeout {
    return setTimeout(() => {
      ask(key, target).catch(() => undefined);
    }, ms).unref();
  }

  async function ask(key: string, target: { address: string; port: number }): Promise<void> {
    const question = questions.get(key);
    if (question === undefined) return;
    const said = words[await probe({ ...target, timeoutMs })];
    if (questions.get(key) !== question) return;
    const wasSilent = question.tried !== null;
    question.failures = said === undefined ? 0 : question.failures + 1;
    question.tried =
      said !== undefined && question.failures > 1 ? `${target.address}:${target.port} was asked twice: ${said}` : null;
    if (wasSilent !== (question.tried !== null)) onChange(question.serviceId);
    if (said !== undefined) question.timer = later(key, question.failures > 1 ? againMs : secondMs, target);
  }

  return {
    setServices(services) {
      const wanted = new Map<string, { id: string; address: string; port: number }>(
        services.flatMap(({ id, endpoints }) =>
          endpoints.map(
            ({ address, port }) => [`${id} ${port}`, { id, address: reachableAddress(address), port }] as const,
          ),
        ),
      );
      for (const [key, { timer }] of questions) {
        if (wanted.has(key)) continue;
        clearTimeout(timer);
        questions.delete(key);
      }
      for (const [key, { id, ...target }] of wanted) {
        if (questions.has(key)) continue;
        questions.set(key, { serviceId: id, timer: later(key, firstMs, target), failures: 0, tried: null });
      }
    },
    silence: (serviceId, port) => questions.get(keyOf(serviceId, port))?.tried ?? null,
    stop() {
      for (const { timer } of questions.values()) clearTimeout(timer);
      questions.clear();
    },
  };
}

function keyOf(serviceId: string, port: number): string {
  return `${serviceId} ${port}`;
}
