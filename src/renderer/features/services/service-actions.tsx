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

/** Start or stop, whichever makes sense now, and restart. */
export function ServiceActions({ service, compact = false, tabStop = true }: ServiceActionsProps) {
  const run = useServiceCommands();
  const first: ServiceCommand = mayRun('stop', service) || service.status === 'stopping' ? 'stop' : 'start';
  return (
    <>
      {[first, 'restart' as const].map((command) => (
        <ActionButton
          key={command}
          label={commandWords[command].label}
          icon={icons[command]}
          command={commandLines[command](service.name)}
          shortcut={shortcuts[command]}
          disabled={!mayRun(command, service)}
          compact={compact}
          tabStop={tabStop}
          look={command === 'start' ? 'primary' : 'plain'}
          onAct={() => run(command, service)}
        />
      ))}
    </>
  );
}
