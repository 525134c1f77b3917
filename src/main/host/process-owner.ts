import { findWorkplace } from './checkout.ts';
import { isForwarder, type Ourselves, protectedReason } from './protection.ts';
import type { ProcessInfo, ProcessOwner } from './types.ts';

/** What a platform knows of its own programs that must not be ended, as a sentence; null when it has nothing to say. */
export type SystemReason = (process: ProcessInfo) => string | null;

/** A process with what a person needs to decide about it. */
export async function describeOwner(
  info: ProcessInfo,
  ourselves: Ourselves,
  systemReason: SystemReason = () => null,
): Promise<ProcessOwner> {
  // The folder of a process in a container is a path of that container.
  const outside = info.containerId === null && info.cwd !== null ? info.cwd : null;
  const { project, checkout } = outside === null ? { project: null, checkout: null } : await findWorkplace(outside);
  return {
    ...info,
    project,
    checkout,
    protectedReason: protectedReason(info, ourselves) ?? systemReason(info),
    forwarder: isForwarder(info),
  };
}
