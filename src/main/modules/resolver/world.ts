import type { BindResult } from '#main/host/bind-probe.ts';
import type { Listener, PortLimits, SocketProtocol } from '#main/host/types.ts';
import type { Holder } from '#shared/contract/conflicts.ts';
import type { ProgramRule } from '#shared/contract/settings.ts';

/** A port that an endpoint asks for. */
export interface WantedPort {
  service: { id: string; name: string } | null;
  endpoint: string | null;
  protocol: SocketProtocol;
  address: string;
  port: number;
  /** Name of the endpoint's range. */
  range: string | null;
  /** The engine binds it: with the engine's privileges, and `::` for IPv6 only. */
  byEngine?: boolean;
}

export interface LeaseFact {
  id: string;
  port: number;
  protocol: SocketProtocol;
  address: string;
  /** Null for a reservation. */
  service: { id: string; name: string; endpoint: string } | null;
  /** What a reservation is for. */
  note: string | null;
  since: string;
}

export interface ContainerFact {
  id: string;
  name: string;
  image: string;
  /** The engine's word. */
  state: string;
  running: boolean;
  managedServiceId: string | null;
  composeProject: string | null;
  /** What it holds while it runs, else what it would take when it starts. */
  ports: ReadonlyArray<{ protocol: string; address: string; port: number; containerPort: number }>;
  startedAt: string | null;
  /** The checkout that its compose project was started from. */
  checkout: Holder['checkout'];
}

/** A process that CLOS started for a service; its children belong to the service too. */
export interface ManagedProcessFact {
  pid: number;
  serviceId: string;
  serviceName: string;
}

export interface OwnPort {
  /** `gateway`, `api`, … */
  name: string;
  port: number;
}

/** A service as far as ports are concerned. */
export interface ServiceFact {
  id: string;
  name: string;
  /** `container`: its ports are bound by the engine. */
  runtime: 'container' | 'process' | 'external';
  /** Something of it runs, or is about to. */
  active: boolean;
  /** The names of the services whose ports it is told. */
  references: readonly string[];
  /** The folder that its process runs in. */
  cwd: string | null;
}

/** What CLOS itself knows about ports, given by whoever asks. */
export interface World {
  services?: readonly ServiceFact[];
  leases: readonly LeaseFact[];
  containers: readonly ContainerFact[];
  ownPorts: readonly OwnPort[];
  processes?: readonly ManagedProcessFact[];
  /** Programs that a person has protected. */
  protect?: readonly ProgramRule[];
}

/** What the host said. */
export interface Observation {
  /** One per wanted port, in the same order: what a bind of exactly its address said. */
  probes: readonly BindResult[];
  /** Listeners of the contested ports, with owners. */
  listeners: readonly Listener[];
  limits: PortLimits;
  /** Why listeners could not be listed, as a sentence; null when they could. */
  limitation: string | null;
}

export interface DetectionInput extends World, Observation {
  wanted: readonly WantedPort[];
}
