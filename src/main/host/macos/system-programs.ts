import { basename } from 'node:path';
import type { ProcessInfo } from '../types.ts';

const session =
  /^(kernel_task|WindowServer|loginwindow|SystemUIServer|Dock|Finder|mDNSResponder|configd|opendirectoryd|securityd|coreaudiod|usernoted|bluetoothd)$/;

/** Programs of macOS that must not be ended, with what to do instead where there is something. */
export function macosReason({ name, executable }: ProcessInfo): string | null {
  const names = [name, ...(executable === null ? [] : [basename(executable)])];
  // lsof shows nine letters of it unless asked for more.
  if (names.some((one) => /^ControlCe(nter)?$/.test(one))) {
    return 'It is Control Center of macOS, which uses 5000 and 7000 for AirPlay. To free them switch off System Settings > General > AirDrop & Handoff > AirPlay Receiver.';
  }
  if (names.some((one) => session.test(one))) return `${name} carries the system or the desktop session.`;
  return null;
}
