import type { BindResult, BindTarget } from './bind-probe.ts';
import type { Workplace } from './checkout.ts';
import type {
  Listener,
  ListListenersOptions,
  PortLimits,
  ProcessEntry,
  ProcessIdentity,
  ProcessInfo,
} from './types.ts';

/**
 * What CLOS knows about the sockets and processes of the machine that it runs on. One implementation per platform.
 *
 * Nothing here changes anything, or throws because a process ended or belongs to someone else. On Linux nothing starts a program.
 * On macOS and Windows listing and describing do, each time and only when asked: a tool of the system by its full path, with an
 * array of arguments, a limit of time and of output. So never ask these in a loop; `socketStamp`, `probeBind` and
 * `findWorkplace` start none anywhere.
 */
export interface Host {
  readonly platform: string;
  /** Null when listeners and processes are visible; else what this platform cannot show, as a sentence for people. */
  readonly limitation: string | null;
  /** True when a bind of `::` fails whatever address of the port is held; elsewhere every address has to be asked. */
  readonly wildcardSeesAll: boolean;

  /** Listening TCP and bound UDP sockets. Empty where `limitation` says so. */
  listListeners(options: ListListenersOptions): Promise<Listener[]>;
  /**
   * Something to compare: while two of these are equal, almost surely no listener has appeared or gone. Null where the platform has no such sign for next to nothing; there `listListeners` starts a program.
   */
  socketStamp(): string | null;
  /** Null when there is no such process. */
  describeProcess(pid: number): Promise<ProcessInfo | null>;
  /** Every process that lives, in no order; empty where `limitation` says so. */
  listProcesses(): Promise<ProcessEntry[]>;
  /** The environment that exactly this process was started with; null when it is gone, hidden, or the platform cannot tell. */
  readEnvironment(identity: ProcessIdentity): Promise<Record<string, string> | null>;
  /** True while exactly this process lives: same pid, start and boot. Ask right before a signal. */
  isAlive(identity: ProcessIdentity): Promise<boolean>;
  /** Why a process must never be ended, as a sentence; null when it may be, or is gone. */
  protectedReason(pid: number): Promise<string | null>;
  findWorkplace(cwd: string): Promise<Workplace>;
  probeBind(target: BindTarget): Promise<BindResult>;
  /** Read anew at most every 30 s. */
  portLimits(): Promise<PortLimits>;
}
