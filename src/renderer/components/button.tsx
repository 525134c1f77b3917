import type { ComponentProps } from 'react';
import { Icon, type IconName } from './icons.tsx';

const looks = {
  primary: 'bg-accent-fill text-on-accent hover:bg-accent-fill-hover border-transparent',
  plain: 'bg-raised text-text border-line-strong hover:bg-hover',
  quiet: 'bg-transparent text-soft border-transparent hover:bg-active hover:text-text',
  danger: 'bg-failed-fill text-on-accent border-transparent hover:brightness-95',
} as const;

type ButtonProps = ComponentProps<'button'> & { look?: keyof typeof looks; icon?: IconName };

export function Button({ look = 'plain', icon, children, className = '', type = 'button', ...rest }: ButtonProps) {
  return (
    <button
      type={type}
      className={`inline-flex h-7 shrink-0 items-center gap-1.5 rounded-md border px-2.5 font-medium whitespace-nowrap transition-colors duration-(--motion) disabled:opacity-50 ${looks[look]} ${className}`}
      {...rest}
    >
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
}

type IconButtonProps = Omit<ComponentProps<'button'>, 'children'> & { icon: IconName; label: string };

/** A square button of 28 px with a name for those who do not see its icon. */
export function IconButton({ icon, label, className = '', ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      className={`inline-flex size-7 shrink-0 items-center justify-center rounded-md text-soft transition-colors duration-(--motion) hover:bg-active hover:text-text disabled:opacity-40 disabled:hover:bg-transparent ${className}`}
      {...rest}
    >
      <Icon name={icon} />
    </button>
  );
}
