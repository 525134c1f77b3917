import { Bubble } from './bubble.tsx';
import { Button, IconButton } from './button.tsx';
import { CommandLine } from './command-line.tsx';
import type { IconName } from './icons.tsx';

interface ActionButtonProps {
  label: string;
  icon: IconName;
  /** The same on the command line; shown on hover and focus, ready to be copied. */
  command: string;
  onAct: () => void;
  disabled?: boolean;
  /** Only the icon, for rows. */
  compact?: boolean;
  look?: 'primary' | 'plain' | 'danger';
  shortcut?: string;
  tabStop?: boolean;
}

export function ActionButton(props: ActionButtonProps) {
  const {
    label,
    icon,
    command,
    onAct,
    disabled = false,
    compact = false,
    look = 'plain',
    shortcut,
    tabStop = true,
  } = props;
  const common = { onClick: onAct, disabled, tabIndex: tabStop ? 0 : -1 };
  return (
    <Bubble
      content={() => (
        <div className="flex flex-col gap-1">
          <p className="flex justify-between gap-4">
            <span className="font-medium">{label}</span>
            {shortcut !== undefined && <kbd className="mono text-faint">{shortcut}</kbd>}
          </p>
          <CommandLine command={command} />
        </div>
      )}
    >
      {compact ? (
        <IconButton icon={icon} label={label} {...common} />
      ) : (
        <Button icon={icon} look={look} {...common}>
          {label}
        </Button>
      )}
    </Bubble>
  );
}
