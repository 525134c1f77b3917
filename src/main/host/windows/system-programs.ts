import type { ProcessInfo } from '../types.ts';

const session =
  /^(Registry|smss|csrss|wininit|services|lsass|lsaiso|winlogon|fontdrvhost|dwm|svchost|explorer|sihost|LogonUI|userinit|spoolsv|MsMpEng)$/i;
const virtualMachines = /^(vmms|vmcompute|vmwp|vmmem.*|hns|wslservice|wsl)$/i;

/** Programs of Windows that must not be ended, with what to do instead where there is something. Names are without `.exe`. */
export function windowsReason({ pid, name }: Pick<ProcessInfo, 'pid' | 'name'>): string | null {
  if (pid === 4) {
    return 'It is the kernel of Windows, for its web server or its file sharing; "netsh http show servicestate" says for whom.';
  }
  if (virtualMachines.test(name)) return `${name} carries virtual machines, WSL or the network of containers.`;
  if (session.test(name)) return `${name} carries the system or the desktop session.`;
  return null;
}
