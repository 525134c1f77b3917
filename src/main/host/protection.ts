import { basename } from 'node:path';
import type { ProcessInfo } from './types.ts';

/** What is looked at to recognise a program; a name can be cut or chosen by the program, so the file counts too. */
export type ProgramFacts = Pick<ProcessInfo, 'name' | 'executable' | 'argv'>;

const engines = /^(dockerd|containerd|containerd-shim.*|balena-engine-daemon|podman|crio|conmon|moby|lxd|incusd)$/i;

const forwarders: readonly RegExp[] = [
  /^docker-proxy$/i,
  /^(dockerd|containerd)$/i,
  /^com\.docker\./i,
  /^docker desktop/i,
  /^vpnkit/i,
  /^orbstack/i,
  /^gvproxy/i,
  /^rootlesskit/i,
  /^rootlessport/i,
  /^slirp4netns$/i,
  /^pas(ta|st)(\.avx2)?$/i,
  /^conmon$/i,
  /^wslrelay(\.exe)?$/i,
  /^wslhost(\.exe)?$/i,
];

/** Programs that forward for a virtual machine only when their arguments say so. */
const forwardersByArgument = /^(ssh|limactl|qemu-system-.*)$/i;
const virtualMachine = /\.colima\b|\.lima\b|rancher-desktop/i;

const sessionPrograms =
  /^(init|systemd(-.*)?|launchd|login|gnome-shell|gnome-session(-.*)?|plasmashell|kwin_.*|Xorg|Xwayland|gdm.*|sddm.*|lightdm)$/;
const shells = /^-?(ba|z|da|fi|k|c|tc|a)?sh$|^(tmux.*|screen|nu|pwsh)$/i;

/** True for a program that holds ports on behalf of containers or of a virtual machine. The engine knows who is behind it. */
export function isForwarder(program: ProgramFacts): boolean {
  const names = namesOf(program);
  if (names.some((name) => forwarders.some((pattern) => pattern.test(name)))) return true;
  return names.some((name) => forwardersByArgument.test(name)) && virtualMachine.test(program.argv.join(' '));
}

/** True for a container engine, its daemon or its shims. */
function isEngine(program: ProgramFacts): boolean {
  return namesOf(program).some((name) => engines.test(name));
}

/** Us, as seen by the rule that we never end ourselves nor what we stand on. */
export interface Ourselves {
  pid: number;
  ancestors: readonly number[];
  sessionId: number;
}

/** Why the end of a process would be our own, whatever program it is; null when it would not be. */
export function carriesUs(pid: number, ourselves: Ourselves): string | null {
  if (pid <= 1) return 'It is the first process of the system.';
  if (pid === ourselves.pid) return 'It is CLOS itself.';
  if (ourselves.ancestors.includes(pid)) return 'CLOS runs under it.';
  if (pid === ourselves.sessionId) return 'It leads the session that CLOS runs in.';
  return null;
}

/** Why a process must never be ended, as a sentence for people; null when it may be. */
export function protectedReason(process: ProcessInfo, ourselves: Ourselves): string | null {
  const { pid, name } = process;
  const names = namesOf(process);
  const ours = carriesUs(pid, ourselves);
  if (ours !== null) return ours;
  // In a container process 2 is somebody like everybody else.
  if (process.ppid === 2 && process.argv.length === 0) return 'It is a part of the kernel.';
  if (names.some((candidate) => /^sshd(-.*)?$/.test(candidate)))
    return 'It is the SSH server, which may carry your session.';
  if (isEngine(process)) return `It is a container engine (${name}); ending it would affect every container.`;
  if (isForwarder(process)) return `${name} forwards the port for a container or a virtual machine.`;
  if (names.some((candidate) => sessionPrograms.test(candidate)))
    return `${name} carries the system or the desktop session.`;
  if (process.sessionId === pid && process.hasTerminal && names.some((candidate) => shells.test(candidate))) {
    return 'It leads a terminal session.';
  }
  return null;
}

/** Why a process is left alone on the user's own word: one of its names (program, file, first argument) is on their list. */
export function userProtectedReason(program: ProgramFacts, names: readonly string[]): string | null {
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  const match = namesOf(program).find((name) => wanted.has(name.toLowerCase()));
  return match === undefined ? null : `${match} is on your list of protected programs.`;
}

function namesOf({ name, executable, argv }: ProgramFacts): string[] {
  const program = executable === null ? [] : [basename(executable.replace(/ \(deleted\)$/, ''))];
  // Titles such as `sshd: ada [priv]` replace the arguments.
  const first = argv[0] === undefined ? [] : [basename(argv[0].split(/[:\s]/, 1)[0] ?? '')];
  return [name, ...program, ...first];
}
