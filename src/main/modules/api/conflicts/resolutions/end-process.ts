import { ClosError, isClosError } from '#shared/contract/clos-error.ts';
import { matchesRule } from '#shared/contract/settings.ts';
import type { Inverse } from '../../../../database/operations.ts';
import { readConflictSettings } from '../../../../database/settings.ts';
import { readForRestart } from '../../../../host/read-for-restart.ts';
import type { ProcessInfo } from '../../../../host/types.ts';
import { endProcess as end } from '../../../../runtimes/process/end-process.ts';
import type { ApiContext } from '../../api-context.ts';
import { rememberService } from '../../state/service-before.ts';
import { holderProcess } from './holder-process.ts';
import { recordResolved, type WayOut } from './resolution.ts';

/** How to start the process again as it was; nothing when it cannot be read, as the option has said. */
async function inverseOf(api: ApiContext, launcher: ProcessInfo): Promise<Inverse[]> {
  try {
    const { argv, cwd, env } = await readForRestart(api.processes.host, launcher);
    return [{ type: 'start-process', name: launcher.name, command: argv, cwd, env }];
  } catch (error) {
    if (isClosError(error, 'PROCESS_UNREADABLE')) return [];
    throw error;
  }
}

function stepOf(api: ApiContext, { command, pid }: ProcessInfo): string {
  const { stopGraceMs } = api.module.config.process;
  return `End ${command} (pid ${pid}): TERM, KILL after ${stopGraceMs / 1000} s`;
}

const apply: WayOut['apply'] = async (api, resolution, command) => {
  const { conflict } = resolution;
  if (conflict.holder.protected) {
    throw new ClosError('PROCESS_PROTECTED', `${conflict.holder.name} must not be ended.`);
  }
  const { listener, launcher } = await holderProcess(api, conflict);
  const { protect } = readConflictSettings(api.db.read);
  const named = [listener, launcher].find((one) => protect.some((rule) => matchesRule(rule, one)));
  if (named !== undefined) throw new ClosError('PROCESS_PROTECTED', `The settings protect ${named.name}.`);
  const { stopGraceMs } = api.module.config.process;
  const before = rememberService(resolution.service);
  await command.remember([{ type: 'restore-service', before }, ...(await inverseOf(api, launcher))]);
  await command.step(stepOf(api, launcher), () =>
    end(api.processes.host, launcher, {
      graceMs: stopGraceMs,
      userProtected: protect.flatMap((rule) => (rule.commandContains === undefined ? [rule.name] : [])),
      onPhase: (phase) => command.say(phase === 'asked' ? 'TERM sent' : 'It did not end: KILL sent'),
    }),
  );
  await api.db.commit((write) => recordResolved(write, resolution, command));
};

/** Ends the process that holds the port, with what started it and what it started: TERM, a grace period, then KILL. */
export const endProcess: WayOut = {
  steps: async (api, { conflict }) => [stepOf(api, (await holderProcess(api, conflict)).launcher)],
  apply,
  clears: true,
};
