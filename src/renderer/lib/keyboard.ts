import { useEffect, useEffectEvent } from 'react';

/** True where keys mean text, or where a dialog has the word. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null;
}

/** True on what Enter already means something to. */
function isControl(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('button, a, summary') !== null;
}

/** Single keys for a page: `{ j: next, '/': focusFilter }`. Silent while someone types, in a dialog, and with Ctrl, Alt or Meta. */
export function useKeys(keys: Record<string, (event: KeyboardEvent) => void>): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    if (isTyping(event.target) || document.querySelector('dialog:modal') !== null) return;
    const action = keys[event.key];
    if (action === undefined || (event.key === 'Enter' && isControl(event.target))) return;
    event.preventDefault();
    action(event);
  });
  useEffect(() => {
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}

export const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

/** Ctrl+K, and ⌘K on a Mac. */
export const paletteKeys = isMac ? '⌘K' : 'Ctrl K';
