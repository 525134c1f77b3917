import { type BindResult, type BindTarget, probeBind } from './bind-probe.ts';
import { findWorkplace, type Workplace } from './checkout.ts';
import type { Host } from './platform.ts';
import type { Listener, PortLimits, ProcessEntry } from './types.ts';

/** A platform whose sockets and processes CLOS cannot list: bind probes still tell whether a port can be had. */
export class BindOnlyHost implements Host {
  readonly platform: NodeJS.Platform;
  readonly limitation: string;
  readonly wildcardSeesAll = false;

  /** `reason` says why, as the beginning of a sentence. */
  constructor(platform: NodeJS.Platform, reason = `CLOS cannot list sockets and processes on ${platform} yet`) {
    this.platform = platform;
    this.limitation = `${reason}; it can tell that a port is taken, not by whom.`;
  }

  async listListeners(): Promise<Listener[]> {
    return [];
  }

  socketStamp(): null {
    return null;
  }

  async describeProcess(): Promise<null> {
    return null;
  }

  async listProcesses(): Promise<ProcessEntry[]> {
    return [];
  }

  async readEnvironment(): Promise<null> {
    return null;
  }

  async isAlive(): Promise<boolean> {
    return false;
  }

  async protectedReason(): Promise<string> {
    return this.limitation;
  }

  async findWorkplace(cwd: string): Promise<Workplace> {
    return await findWorkplace(cwd);
  }

  async probeBind(target: BindTarget): Promise<BindResult> {
    return await probeBind(target);
  }

  /** The range of IANA, which macOS and Windows use; Windows has no privileged ports, current macOS none on wildcard addresses. */
  async portLimits(): Promise<PortLimits> {
    return {
      ephemeral: { from: 49_152, to: 65_535 },
      privilegedBelow: this.platform === 'win32' ? 0 : 1024,
      reserved: [],
      excluded: [],
    };
  }
}
