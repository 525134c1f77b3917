import { findService } from '../../../database/services.ts';
import { changeStatus, changeWaits } from '../life.ts';
import { rememberService } from '../service-before.ts';
import type { Apply } from './resolution.ts';

/** Lets the service wait: the watch starts it as soon as its ports can be had. The conflict stays open until then. */
export const wait: Apply = async (api, { conflict, service }, command) => {
  const { port } = conflict.wanted;
  await command.remember([{ type: 'restore-service', before: rememberService(service) }]);
  await command.step(`${service.name} starts by itself when :${port} is free`, () =>
    api.db.commit((write) => {
      const latest = findService(write, service.id) ?? service;
      const reason = `waits for :${port}`;
      changeWaits(write, latest, { to: true, reason, ...command });
      changeStatus(write, latest, { to: 'stopped', reason, ...command });
    }),
  );
};
