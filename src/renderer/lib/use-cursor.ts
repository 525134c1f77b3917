import { useState } from 'react';
import { useKeys } from './keyboard.ts';

export interface Cursor {
  /** The key of the row that the keyboard is on. */
  key: string | null;
  index: number;
  move(step: number): void;
  set(key: string): void;
}

interface CursorOptions {
  keys: readonly string[];
  /** The row that the address names; the cursor stands there while it does. */
  opened: string | null;
  onOpen: (key: string, how: 'enter' | 'follow') => void;
}

/**
 * The place in a list: j, k and the arrows move it, Home and End go to its ends, Enter opens. While something is open, moving
 * opens the next.
 */
export function useCursor({ keys, opened, onOpen }: CursorOptions): Cursor {
  const [chosen, setChosen] = useState<string | null>(null);
  const key = opened ?? chosen;
  const index = key === null ? -1 : keys.indexOf(key);

  const go = (target: number) => {
    const next = keys[Math.max(0, Math.min(target, keys.length - 1))];
    if (next === undefined) return;
    setChosen(next);
    if (opened !== null && next !== opened) onOpen(next, 'follow');
  };
  const move = (step: number) => go(index === -1 ? (step > 0 ? 0 : keys.length - 1) : index + step);

  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    PageDown: () => move(15),
    PageUp: () => move(-15),
    Home: () => go(0),
    End: () => go(keys.length - 1),
    Enter: () => {
      if (key !== null && index !== -1) onOpen(key, 'enter');
    },
  });

  return { key: index === -1 ? null : key, index, move, set: setChosen };
}
