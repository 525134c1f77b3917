import { ClosError } from '#shared/contract/clos-error.ts';
import type { StoredService } from '../../../database/services.ts';
import { containerDriver } from './container-driver.ts';
import { processDriver } from './process-driver.ts';
import type { RuntimeDriver } from './runtime-driver.ts';

function notDriven({ name }: StoredService): ClosError {
  return new ClosError('NOT_DRIVEN', `CLOS only watches ${name}: start and stop it where it is run.`);
}

/** What CLOS only watches is neither started nor stopped, and can be taken off the list at any time. */
const externalDriver: RuntimeDriver = {
  startStep: ({ name }) => `Watch ${name}`,
  runSteps: async () => [],
  stopSteps: () => [],
  run: async (_api, service) => {
    throw notDriven(service);
  },
  stop: async (_api, service) => {
    throw notDriven(service);
  },
  remove: async () => undefined,
  logs: (_api, service) => {
    throw notDriven(service);
  },
};

const drivers = {
  container: containerDriver,
  process: processDriver,
  external: externalDriver,
} satisfies Record<StoredService['runtime']['type'], RuntimeDriver>;

export function driverOf(service: Pick<StoredService, 'runtime'>): RuntimeDriver {
  return drivers[service.runtime.type];
}

/** CLOS only watches external services: whoever asks for more is told before anything is recorded. */
export function assertDriven(service: StoredService): void {
  if (service.runtime.type === 'external') throw notDriven(service);
}
