import { CopyButton } from './copy-button.tsx';

/** The same thing on the command line, ready to be copied. */
export function CommandLine({ command, className = '' }: { command: string; className?: string }) {
  return (
    <div className={`flex min-w-0 items-center gap-2 ${className}`}>
      <code className="mono min-w-0 truncate text-soft" title={command}>
        <span className="text-faint select-none">$ </span>
        {command}
      </code>
      <CopyButton text={command} label={`Copy the command ${command}`} />
    </div>
  );
}
