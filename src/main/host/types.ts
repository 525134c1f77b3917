/** A protocol with ports of its own; engines also know sctp, which no host table lists. */
export type SocketProtocol = 'tcp' | 'udp';

/** The checkout that a working directory belongs to. `branch` is null when HEAD names a commit instead of a branch. */
export interface Checkout {
  root: string;
  branch: string | null;
}

/** What makes a process this process: a pid alone is reused, the three together are not. */
export interface ProcessIdentity {
  pid: number;
  /**
   * When it started, to compare: clock ticks since the boot on Linux, seconds since 1970 on macOS, microseconds since 1970 on
   * Windows.
   */
  startTicks: number;
  bootId: string;
}

/** One row of the process table: who is whose child, and which processes belong together. */
export interface ProcessEntry extends ProcessIdentity {
  ppid: number;
  /** The pid of the process that the group is named after; it may have ended while the group lives on. */
  processGroup: number;
  sessionId: number;
}

/** One process of this host at one moment. Fields that could not be read (another user's process) are null or empty. */
export interface ProcessInfo extends ProcessIdentity {
  /** The program's name for people: `node`, `postgres`, `docker-proxy`. */
  name: string;
  /** The arguments joined for people, shortened, with values that look like secrets masked. Never run it again. */
  command: string;
  /** As they are on Linux and Windows; macOS shows them joined by spaces, and they are parted at each. */
  argv: string[];
  executable: string | null;
  cwd: string | null;
  /** Name from the user database, else the uid as text. */
  user: string;
  /** -1 where it is hidden, and on Windows. */
  uid: number;
  startedAt: string;
  ppid: number;
  sessionId: number;
  hasTerminal: boolean;
  /** Full id of the container that the process runs in, unless CLOS runs in the same one. */
  containerId: string | null;
  /** Parent first, up to and including pid 1. */
  ancestors: number[];
}

/** The process behind a listener, with what a person needs to decide about it. */
export interface ProcessOwner extends ProcessInfo {
  project: string | null;
  checkout: Checkout | null;
  /** Why it must never be ended, as a sentence, else null. */
  protectedReason: string | null;
  /** True when it only stands for a container or a virtual machine: ask the engine who is behind it. */
  forwarder: boolean;
}

/** A TCP socket that listens, or a UDP socket that is bound and not connected. */
export interface Listener {
  protocol: SocketProtocol;
  family: 4 | 6;
  /** Without brackets, in the short form: `127.0.0.1`, `::1`, `::`, `::ffff:127.0.0.1`. */
  address: string;
  port: number;
  /** The number of the socket; 0 where sockets have none. */
  inode: number;
  /** True for a `::` that is known to leave IPv4 alone; null when the table does not tell, and for every other address. */
  v6only: boolean | null;
  uid: number;
  /** Name of the user who made the socket, else the uid as text. */
  user: string;
  /** Null when not asked for, or hidden from this user. */
  owner: ProcessOwner | null;
}

export interface ListListenersOptions {
  /** Also find the processes; costs a scan of the process table the first time a socket is seen. */
  owners: boolean;
  /** Only these ports; every port when absent. */
  ports?: readonly number[];
}

/** What the kernel itself says about ports. */
export interface PortLimits {
  /** Ports that the kernel gives to outgoing connections, both ends included. */
  ephemeral: { from: number; to: number };
  /** Ports below this one need a privilege; 0 when none do. */
  privilegedBelow: number;
  /** Ports that the kernel leaves out of the ephemeral range on request of the administrator. */
  reserved: readonly number[];
  /** Ports that nobody can bind unless the system gave them away (Windows), both ends included; empty elsewhere. */
  excluded: ReadonlyArray<{ protocol: SocketProtocol; from: number; to: number }>;
}
