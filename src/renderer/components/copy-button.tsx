import { useEffect, useState } from 'react';
import { IconButton } from './button.tsx';

/** Milliseconds that the tick stays in place of the icon. */
const confirmMs = 1500;

/** Copies a text and says so, in place. */
export function CopyButton({
  text,
  label = 'Copy',
  className = '',
}: {
  text: string;
  label?: string;
  className?: string;
}) {
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle');
  useEffect(() => {
    if (state === 'idle') return;
    const timer = setTimeout(() => setState('idle'), confirmMs);
    return () => clearTimeout(timer);
  }, [state]);

  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => setState('copied'),
      () => setState('refused'),
    );
  };
  const said = { idle: label, copied: 'Copied', refused: 'The browser does not let this page copy' }[state];
  return (
    <IconButton
      icon={state === 'copied' ? 'check' : 'copy'}
      label={said}
      title={said}
      onClick={copy}
      className={`size-6 ${className}`}
    />
  );
}
