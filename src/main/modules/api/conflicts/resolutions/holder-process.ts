import { ClosError } from '#shared/contract/clos-error.ts';
import type { Conflict } from '#shared/contract/conflicts.ts';
import { findLauncher } from '../../../../host/launcher.ts';
import type { ProcessInfo } from '../../../../host/types.ts';
import type { ApiContext } from '../../api-context.ts';

/**
 * The process that holds the port of a conflict, and only it: the same number with another start is another process. With it the
 * outermost program that started it and would start it again: a package manager, a watcher.
 */
export async function holderProcess(
  api: ApiContext,
  { holder }: Pick<Conflict, 'holder'>,
): Promise<{ listener: ProcessInfo; launcher: ProcessInfo }> {
  const { host } = api.processes;
  const gone = () =>
    new ClosError(
      'PROCESS_GONE',
      `${holder.name} (pid ${holder.pid}) has ended, or its number belongs to another process now.`,
    );
  const listener = holder.pid === null ? null : await host.describeProcess(holder.pid);
  if (listener === null || identityText(listener) !== holder.identity) throw gone();
  return { listener, launcher: await findLauncher(host, listener) };
}

/** What makes a process this process, as one text: number, start and boot. */
export function identityText({ pid, startTicks, bootId }: Pick<ProcessInfo, 'pid' | 'startTicks' | 'bootId'>): string {
  return `${pid}.${startTicks}.${bootId}`;
}
