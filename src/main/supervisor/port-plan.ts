import { recordOf } from '#shared/base/record-of.ts';
import type { Config } from '../config/config.ts';
import { type PortName, type PortPlan, portNames } from './module.ts';

/** Our own fallbacks: each listener has its place, so that it comes back to the same one, then the pool is shared. */
const fallbacks: Readonly<Record<PortName, number>> = {
  gateway: 18_080,
  api: 18_081,
  websocket: 18_082,
  monitor: 18_083,
  resolver: 18_084,
  dashboard: 13_500,
};
const pool = Array.from({ length: 15 }, (_value, index) => 18_085 + index);

/** The ports to try for each listener: the preferred one, its own fallback, the shared pool. A preference of 0 takes any. */
export function planPorts(config: Config): PortPlan {
  return recordOf(portNames, (name) => {
    const preferred = config.ports[name];
    return { preferred, candidates: preferred === 0 ? [0] : [preferred, fallbacks[name], ...pool] };
  });
}
