import type { ConflictOption } from '#shared/contract/conflicts.ts';
import type { StoredService } from '../../../../database/services.ts';
import type { ApiContext } from '../../api-context.ts';
import type { Command } from '../../operations/commands.ts';
import { adopt } from './adopt.ts';
import { changeAddress } from './change-address.ts';
import { endProcess } from './end-process.ts';
import { reassign } from './reassign.ts';
import type { Resolution, WayOut } from './resolution.ts';
import { stopContainer } from './stop-container.ts';
import { stopService } from './stop-service.ts';
import { wait } from './wait.ts';

const waysOut = {
  reassign,
  'stop-service': stopService,
  'stop-container': stopContainer,
  'end-process': endProcess,
  wait,
  adopt,
  'change-address': changeAddress,
} satisfies Record<ConflictOption['strategy'], WayOut>;

/** True for options after which the service that asked can be started; the others leave the port with its holder. */
export function clearsTheWay({ strategy }: Pick<ConflictOption, 'strategy'>): boolean {
  return waysOut[strategy].clears;
}

/** The names of the steps that `applyOption` would take. */
export async function optionSteps(api: ApiContext, resolution: Resolution): Promise<string[]> {
  return await waysOut[resolution.option.strategy].steps(api, resolution);
}

/** The service that asked as it will be when the option has been applied, as far as a start depends on it. */
export function serviceAfter({ conflict: { wanted }, option, service }: Resolution): StoredService {
  const endpoints = service.endpoints.map((endpoint) => {
    const isWanting = endpoint.name === wanted.endpoint;
    const port = isWanting ? (option.port ?? wanted.port) : (endpoint.lease?.port ?? endpoint.hostPort);
    if (port === 'auto') return endpoint;
    const address = (isWanting ? option.address : null) ?? endpoint.address;
    const { protocol } = endpoint;
    return { ...endpoint, address, lease: { id: '', port, protocol, address, since: '', reason: '' } };
  });
  return { ...service, endpoints };
}

/** Applies one option of a conflict within a command that has the service. */
export async function applyOption(api: ApiContext, resolution: Resolution, command: Command): Promise<void> {
  await waysOut[resolution.option.strategy].apply(api, resolution, command);
}
