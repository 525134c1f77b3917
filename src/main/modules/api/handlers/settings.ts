import { contract } from '#shared/contract/contract.ts';
import { appendEvent } from '../../../database/events.ts';
import { putConflictSettings, readConflictSettings } from '../../../database/settings.ts';
import { type Handler, handle } from '../../../http/handler.ts';
import { actorOf } from '../access/actors.ts';
import type { ApiContext } from '../api-context.ts';

export function settingsHandlers(api: ApiContext): Handler[] {
  const { settings } = contract;
  return [
    handle(settings.conflicts, () => readConflictSettings(api.db.read)),
    handle(settings.putConflicts, async (call) => {
      await api.db.commit((write) => {
        putConflictSettings(write, call.body);
        appendEvent(write, {
          type: 'settings.changed',
          subject: { type: 'system', id: 'settings', name: null },
          actor: actorOf(call.principal),
          cause: null,
          data: { name: 'conflicts' },
        });
      });
      return readConflictSettings(api.db.read);
    }),
  ];
}
