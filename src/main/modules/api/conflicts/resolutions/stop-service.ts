import { ClosError } from '#shared/contract/clos-error.ts';
import type { Conflict } from '#shared/contract/conflicts.ts';
import { findService, type StoredService, updateLife } from '../../../../database/services.ts';
import type { ApiContext } from '../../api-context.ts';
import { grantLease, releaseLease } from '../../ports/leases.ts';
import { driverOf } from '../../runtimes/drivers.ts';
import { changeHealth, changeStatus, changeWaits } from '../../state/life.ts';
import { rememberService } from '../../state/service-before.ts';
import { isActive } from '../../state/service-view.ts';
import { type Resolution, recordResolved, type WayOut, wantingEndpoint } from './resolution.ts';

function holderOf(api: ApiContext, { holder }: Conflict): StoredService {
  const service = holder.service === null ? null : findService(api.db.read, holder.service.id);
  if (service !== null) return service;
  throw new ClosError('CONFLICT_CLOSED', 'The service that held the port is gone. Start again.');
}

function giveStep({ conflict: { wanted }, service }: Resolution, holder: StoredService): string {
  return `Give :${wanted.port} from ${holder.name} to ${service.name}`;
}

function steps(api: ApiContext, resolution: Resolution): string[] {
  const holder = holderOf(api, resolution.conflict);
  const stop = isActive(holder) ? driverOf(holder).stopSteps(api, holder) : [];
  return [...stop, giveStep(resolution, holder)];
}

const apply: WayOut['apply'] = async (api, resolution, command) => {
  const { conflict, service } = resolution;
  const { protocol, port } = conflict.wanted;
  const holder = holderOf(api, conflict);
  command.hold(holder);
  await command.remember([
    { type: 'restore-service', before: rememberService(service) },
    { type: 'restore-service', before: rememberService(holder) },
  ]);
  if (isActive(holder)) {
    await driverOf(holder).stop(api, holder, command);
  }
  await command.step(giveStep(resolution, holder), () =>
    api.db.commit((write) => {
      const { actor, cause } = command;
      const other = findService(write, holder.id) ?? holder;
      for (const endpoint of other.endpoints) {
        if (endpoint.protocol === protocol && endpoint.lease?.port === port) {
          releaseLease(write, other, { endpoint, actor, cause });
        }
      }
      const why = `made room for ${service.name}`;
      if (isActive(holder)) {
        updateLife(write, other.id, { desired: 'stopped' });
        changeHealth(write, other, { to: 'none', actor, cause });
        changeStatus(write, other, { to: 'stopped', reason: why, actor, cause });
      }
      changeWaits(write, other, { to: false, reason: why, actor, cause });
      const wanting = wantingEndpoint(write, resolution);
      const reason = `taken over from ${holder.name}`;
      if (!grantLease(write, wanting.service, { endpoint: wanting.endpoint, port, reason, actor, cause })) {
        throw new ClosError('PORT_CONFLICT', `:${port} is leased to another service.`, { extra: { conflicts: [] } });
      }
      recordResolved(write, resolution, command);
    }),
  );
};

/** Has the other service make room: it stops if it runs, and its lease of the port goes to the one that asks. */
export const stopService: WayOut = { steps: steps, apply, clears: true };
