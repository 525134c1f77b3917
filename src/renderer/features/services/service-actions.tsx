import type { Service } from '#shared/contract/services.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { commandLines } from '../../lib/commands.ts';
import { commandWords, mayRun, type ServiceCommand, useServiceCommands } from './use-service-commands.ts';

const icons = { start: 'play', stop: 'stop', restart: 'restart' } as const;
const shortcuts = { start: 's', stop: 'x', restart: 'r' } as const;

interface ServiceActionsProps {
  service: Service;
  compact?: boolean;
  tabStop?: boolean;
}

/** The two that make sense now: what is only watched has none, what waits can be told not to. */
function commandsFor(service: Service): ServiceCommand[] {
  if (service.runtime.type === 'external') return [];
  if (service.waits) return ['stop', 'start'];
  return [mayRun('stop', service) || service.status === 'stopping' ? 'stop' : 'start', 'restart'];
}

/** Start or stop, whichever makes sense now, and restart. */
export function ServiceActions({ service, compact = false, tabStop = true }: ServiceActionsProps) {
  const run = useServiceCommands();
  return (
    <>
      {commandsFor(service).map((command) => (
        <ActionButton
          key={command}
          label={service.waits && command === 'stop' ? 'Stop waiting' : commandWords[command].label}
          icon={icons[command]}
          command={commandLines[command](service.name)}
          shortcut={shortcuts[command]}
          disabled={!mayRun(command, service)}
          compact={compact}
          tabStop={tabStop}
          look={command === 'start' && !service.waits ? 'primary' : 'plain'}
          onAct={() => run(command, service)}
        />
      ))}
    </>
  );
}
