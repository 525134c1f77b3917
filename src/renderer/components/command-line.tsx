import { CopyButton } from './copy-button.tsx';

/** A line that may be broken between its words, and not at the hyphens within them. */
function Words({ text }: { text: string }) {
  return text.split(' ').map((word, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: words have an order and no names
    <span key={index}>
      {index > 0 && ' '}
      <span className="inline-block max-w-full break-words">{word}</span>
    </span>
  ));
}

interface CommandLineProps {
  command: string;
  /** In several lines if need be, instead of cut off at the end of one. */
  whole?: boolean;
  className?: string;
}

/** The same thing on the command line, ready to be copied. */
export function CommandLine({ command, whole = false, className = '' }: CommandLineProps) {
  return (
    <div className={`flex min-w-0 items-center gap-2 ${className}`}>
      <code className={`mono min-w-0 text-soft ${whole ? 'leading-5' : 'truncate'}`} title={command}>
        <span className="text-faint select-none">$ </span>
        {whole ? <Words text={command} /> : command}
      </code>
      <CopyButton text={command} label={`Copy the command ${command}`} />
    </div>
  );
}
