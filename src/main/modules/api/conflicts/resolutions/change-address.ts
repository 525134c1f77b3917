import { ClosError } from '#shared/contract/clos-error.ts';
import { updateEndpointAddress } from '../../../../database/services.ts';
import { grantLease } from '../../ports/leases.ts';
import { rememberService } from '../../state/service-before.ts';
import { conflictSentence } from '../conflict-record.ts';
import { type Resolution, recordResolved, type WayOut, wantingEndpoint } from './resolution.ts';

function stepOf({ conflict: { wanted }, option: { address }, service }: Resolution): string {
  return `Bind ${service.name}/${wanted.endpoint} to ${address}`;
}

const apply: WayOut['apply'] = async (api, resolution, command) => {
  const { conflict, option, service } = resolution;
  const { address } = option;
  if (address === null) throw new Error(`The option ${option.id} of ${conflict.id} names no address`);
  const { port } = conflict.wanted;
  await command.remember([{ type: 'restore-service', before: rememberService(service) }]);
  await command.step(stepOf(resolution), () =>
    api.db.commit((write) => {
      const before = wantingEndpoint(write, resolution);
      updateEndpointAddress(write, before.endpoint.id, address);
      const wanting = wantingEndpoint(write, resolution);
      const { actor, cause } = command;
      const reason = `bound to ${address}: ${conflictSentence(conflict)}`;
      if (!grantLease(write, wanting.service, { endpoint: wanting.endpoint, port, reason, actor, cause })) {
        throw new ClosError('PORT_CONFLICT', `:${port} is leased to another service.`, { extra: { conflicts: [] } });
      }
      recordResolved(write, resolution, command);
    }),
  );
};

/** Binds the endpoint to another address, on which the port can be had. */
export const changeAddress: WayOut = { steps: (_api, resolution) => [stepOf(resolution)], apply, clears: true };
