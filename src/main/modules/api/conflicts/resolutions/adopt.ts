import { adoptHolder, holderAdoptionSteps } from '../../services/adopt-service.ts';
import { rememberService } from '../../state/service-before.ts';
import { holderProcess } from './holder-process.ts';
import { recordResolved, type WayOut } from './resolution.ts';

const apply: WayOut['apply'] = async (api, resolution, command) => {
  const { conflict, service } = resolution;
  const { container } = conflict.holder;
  if (container === null) await holderProcess(api, conflict);
  await command.remember([{ type: 'restore-service', before: rememberService(service) }]);
  await adoptHolder(api, { holder: conflict.holder, from: service }, command);
  await api.db.commit((write) => recordResolved(write, resolution, command));
};

/** Makes a service of what holds the port: it goes on, with a name and a lease. The service that asked stays as it is. */
export const adopt: WayOut = {
  steps: (api, { conflict: { holder } }) => holderAdoptionSteps(api, holder),
  apply,
  clears: false,
};
