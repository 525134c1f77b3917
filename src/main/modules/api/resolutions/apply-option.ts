import type { ConflictOption } from '#shared/contract/conflicts.ts';
import { adopt } from './adopt.ts';
import { changeAddress } from './change-address.ts';
import { endProcess } from './end-process.ts';
import { reassign } from './reassign.ts';
import type { Apply } from './resolution.ts';
import { stopContainer } from './stop-container.ts';
import { stopService } from './stop-service.ts';
import { wait } from './wait.ts';

const strategies = {
  reassign,
  'stop-service': stopService,
  'stop-container': stopContainer,
  'end-process': endProcess,
  wait,
  adopt,
  'change-address': changeAddress,
} satisfies Record<ConflictOption['strategy'], Apply>;

/** Options after which the service that asked can be started; the others leave the port with its holder. */
const clearing: ReadonlySet<ConflictOption['strategy']> = new Set([
  'reassign',
  'stop-service',
  'stop-container',
  'end-process',
  'change-address',
]);

export function clearsTheWay({ strategy }: Pick<ConflictOption, 'strategy'>): boolean {
  return clearing.has(strategy);
}

/** Applies one option of a conflict within a command that has the service. */
export const applyOption: Apply = (api, resolution, command) =>
  strategies[resolution.option.strategy](api, resolution, command);
