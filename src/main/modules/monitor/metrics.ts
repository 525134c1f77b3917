import { Gauge, Registry } from 'prom-client';
import { type ModuleName, moduleNames } from '#shared/contract/access.ts';
import type { ServiceStatus } from '#shared/contract/services.ts';
import { serviceStatuses } from '#shared/contract/services.ts';
import type { ModuleState } from '#shared/contract/system.ts';
import type { HostLoad } from '../../host/load.ts';

/** What is read anew for each scrape. What could not be read is null, and its samples are absent. */
export interface Readings {
  services: ReadonlyMap<ServiceStatus, number> | null;
  openConflicts: number | null;
  seq: number | null;
  modules: readonly ModuleState[] | null;
  /** Of the modules that answered. */
  residentBytes: ReadonlyMap<ModuleName, number>;
  host: HostLoad | null;
}

const moduleStates = ['starting', 'ready', 'exited', 'degraded', 'stopped'] as const satisfies ModuleState['state'][];

/**
 * The registry behind `/metrics` and the way to fill it. The names of process metrics are those that Prometheus' own clients use.
 *
 * Nothing runs between scrapes: no timers, no observers.
 */
export function createMetrics(version: string): { contentType: string; render(readings: Readings): Promise<string> } {
  const registry = new Registry();
  const registers = [registry];
  const startedAt = Date.now() / 1000 - process.uptime();
  const gauge = <L extends string = never>(name: string, help: string, labelNames: L[] = []) =>
    new Gauge({ name, help, labelNames, registers });

  gauge('clos_info', 'The version of CLOS', ['version']).set({ version }, 1);
  gauge('process_start_time_seconds', 'When the monitor started, in seconds since 1970').set(startedAt);
  const cpu = gauge('process_cpu_seconds_total', 'CPU time that the monitor has used, in seconds');
  const resident = gauge('process_resident_memory_bytes', 'Memory that the monitor holds, in bytes');
  const heap = gauge('nodejs_heap_size_used_bytes', 'Heap that the monitor uses, in bytes');
  const services = gauge('clos_services', 'Services by status', ['status']);
  const conflicts = gauge('clos_conflicts_open', 'Port conflicts that are open');
  const seq = gauge('clos_event_seq', 'Sequence number of the newest event');
  const state = gauge('clos_module_state', 'One for the state that a module is in, else zero', ['module', 'state']);
  const restarts = gauge('clos_module_restarts', 'How often a module was started again', ['module']);
  const memory = gauge('clos_module_resident_memory_bytes', 'Memory that a module holds, in bytes', ['module']);
  const hostCpu = gauge('clos_host_cpu_ratio', 'How busy the cores of this machine are, 0 to 1');
  const hostMemory = gauge('clos_host_memory_bytes', 'Memory of this machine, in bytes');
  const hostAvailable = gauge('clos_host_memory_available_bytes', 'Memory that programs could still have, in bytes');

  function setOrClear(target: Gauge, value: number | null): void {
    if (value === null) target.remove();
    else target.set(value);
  }

  function setModules(modules: readonly ModuleState[]): void {
    for (const module of modules) {
      for (const name of moduleStates) state.set({ module: module.name, state: name }, name === module.state ? 1 : 0);
      restarts.set({ module: module.name }, module.restarts);
    }
  }

  return {
    contentType: registry.contentType,
    async render(readings) {
      const { user, system } = process.cpuUsage();
      const used = process.memoryUsage();
      cpu.set((user + system) / 1e6);
      resident.set(used.rss);
      heap.set(used.heapUsed);
      setOrClear(conflicts, readings.openConflicts);
      setOrClear(seq, readings.seq);
      setOrClear(hostCpu, readings.host?.cpuRatio ?? null);
      setOrClear(hostMemory, readings.host?.memoryBytes ?? null);
      setOrClear(hostAvailable, readings.host?.memoryAvailableBytes ?? null);
      for (const labelled of [services, state, restarts, memory]) labelled.reset();
      if (readings.services !== null) {
        for (const status of serviceStatuses) services.set({ status }, readings.services.get(status) ?? 0);
      }
      if (readings.modules !== null) setModules(readings.modules);
      for (const name of moduleNames) {
        const bytes = readings.residentBytes.get(name);
        if (bytes !== undefined) memory.set({ module: name }, bytes);
      }
      return registry.metrics();
    },
  };
}
