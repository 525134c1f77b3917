import { findService } from '../../../../database/services.ts';
import { changeStatus, changeWaits } from '../../state/life.ts';
import { rememberService } from '../../state/service-before.ts';
import type { Resolution, WayOut } from './resolution.ts';

function stepOf({ conflict: { wanted }, service }: Resolution): string {
  return `${service.name} starts by itself when :${wanted.port} is free`;
}

const apply: WayOut['apply'] = async (api, resolution, command) => {
  const { conflict, service } = resolution;
  const { port } = conflict.wanted;
  await command.remember([{ type: 'restore-service', before: rememberService(service) }]);
  await command.step(stepOf(resolution), () =>
    api.db.commit((write) => {
      const latest = findService(write, service.id) ?? service;
      const reason = `waits for :${port}`;
      changeWaits(write, latest, { to: true, reason, ...command });
      changeStatus(write, latest, { to: 'stopped', reason, ...command });
    }),
  );
};

/** Lets the service wait: the watch starts it as soon as its ports can be had. The conflict stays open until then. */
export const wait: WayOut = { steps: (_api, resolution) => [stepOf(resolution)], apply, clears: false };
