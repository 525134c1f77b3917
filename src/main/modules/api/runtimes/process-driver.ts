import { ClosError } from '#shared/contract/clos-error.ts';
import type { StoredService } from '../../../database/services.ts';
import { commandText } from '../../../host/command-text.ts';
import { parsePortConflict } from '../../../runtimes/port-conflict-text.ts';
import type { ObservedProcess } from '../../../runtimes/process/types.ts';
import type { ApiContext } from '../api-context.ts';
import type { Command } from '../operations/commands.ts';
import { inheritedEnvironment, portVariables, renderService } from '../state/environment.ts';
import { isUp, renderOrNull, specHash } from '../state/service-view.ts';
import type { RuntimeDriver } from './runtime-driver.ts';

/** How long a start waits for a program to answer on its ports before it counts as started all the same. */
const firstAnswerMs = 2000;
/** The end of a program's output that tells why it ended. */
const lastWords = 20;

type ProcessService = StoredService & { runtime: Extract<StoredService['runtime'], { type: 'process' }> };

function asProcess(service: StoredService): ProcessService {
  const { runtime } = service;
  if (runtime.type !== 'process') throw new Error(`${service.name} is not a process`);
  return { ...service, runtime };
}

async function lastLines(api: ApiContext, serviceId: string, since: string): Promise<string[]> {
  const lines: string[] = [];
  const signal = AbortSignal.timeout(firstAnswerMs);
  for await (const { line } of api.processes.runtime.logs(serviceId, {
    follow: false,
    tail: lastWords,
    since,
    signal,
  })) {
    if (line.trim() !== '') lines.push(line.trim());
  }
  return lines;
}

function endText({ exit }: ObservedProcess): string {
  if (exit === null) return 'ended';
  return exit.signal === null ? `ended with exit ${exit.code ?? 'unknown'}` : `was ended by ${exit.signal}`;
}

/** Why a program ended before it answered: a port that it found taken is the same conflict as one that a check finds. */
async function explainEnd(api: ApiContext, service: ProcessService, ended: ObservedProcess): Promise<ClosError> {
  const lines = await lastLines(api, service.id, ended.startedAt);
  const taken = lines.find((line) => parsePortConflict(line) !== null);
  if (taken !== undefined) return new ClosError('PORT_CONFLICT', taken, { extra: { conflicts: [] } });
  const words = lines.length === 0 ? 'It wrote nothing.' : `Its last words: ${lines.slice(-3).join(' / ')}`;
  return new ClosError(
    'PROCESS_FAILED',
    `${service.runtime.command[0]} ${endText(ended)} as soon as it was started. ${words}`,
  );
}

/** The ports that a start waits for. */
function answeringPorts({ endpoints }: ProcessService): Array<{ address: string; port: number }> {
  return endpoints.flatMap(({ protocol, lease, address }) =>
    protocol === 'tcp' && lease !== null ? [{ address, port: lease.port }] : [],
  );
}

function waitStep(ports: ReadonlyArray<{ port: number }>): string {
  return `Wait until ${ports.map(({ port }) => `:${port}`).join(' and ')} answers`;
}

function stopStep(api: ApiContext): string {
  return `Stop the process (TERM, KILL after ${api.module.config.process.stopGraceMs / 1000} s)`;
}

function stopSteps(api: ApiContext, service: StoredService): string[] {
  return isUp(service) ? [stopStep(api)] : [];
}

async function runSteps(api: ApiContext, stored: StoredService, changed?: StoredService): Promise<string[]> {
  const service = asProcess(stored);
  const argv = renderOrNull(api.db.read, service, changed)?.command ?? service.runtime.command;
  const ports = answeringPorts(service);
  return [...stopSteps(api, service), `Start ${commandText(argv)}`, ...(ports.length === 0 ? [] : [waitStep(ports)])];
}

async function run(api: ApiContext, stored: StoredService, command: Command): Promise<string> {
  const service = asProcess(stored);
  const { db, processes } = api;
  const hash = specHash(db.read, service);
  const rendered = renderService(db.read, service);
  const argv = rendered.command ?? service.runtime.command;
  // One that runs although it is not as it should be makes room first.
  if (isUp(service)) await stop(api, service, command);
  await command.step(`Start ${commandText(argv)}`, async () => {
    await processes.start({
      serviceId: service.id,
      command: argv,
      cwd: service.runtime.cwd,
      env: { ...inheritedEnvironment(), ...portVariables(service), ...rendered.env },
    });
  });
  const ports = answeringPorts(service);
  if (ports.length > 0) {
    await command.step(waitStep(ports), async () => {
      const first = await processes.firstAnswer(service.id, { ports, patienceMs: firstAnswerMs });
      if (first.type === 'ended') throw await explainEnd(api, service, first.process);
      if (first.type === 'silent') command.say('It runs and has not answered yet');
    });
  }
  return hash;
}

async function stop(api: ApiContext, service: StoredService, command: Command): Promise<void> {
  const { stopGraceMs } = api.module.config.process;
  await command.step(stopStep(api), () => api.processes.stop(service.id, { graceMs: stopGraceMs }));
}

export const processDriver: RuntimeDriver = {
  startStep: (service) => `Start ${service.name}: ${commandText(asProcess(service).runtime.command)}`,
  runSteps,
  stopSteps,
  run,
  stop: async (api, service, command) => {
    if (isUp(service)) await stop(api, service, command);
  },
  remove: async (api, service) => api.processes.runtime.forget(service.id),
  logs: (api, service, query) => api.processes.runtime.logs(service.id, query),
};
