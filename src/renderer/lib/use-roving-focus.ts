import { type FocusEvent, type KeyboardEvent, type RefObject, useState } from 'react';
import { nextCell } from './roving.ts';

export interface RovingFocus {
  /** The cell that the Tab key comes to. */
  current: string | undefined;
  onKeyDown(event: KeyboardEvent): void;
  onFocus(event: FocusEvent): void;
}

/**
 * One Tab stop for many cells: the arrow keys walk through the elements with `data-cell` below the container, whose names are
 * `cells`, in order. Tab comes to the one that was visited last, or to the first.
 */
export function useRovingFocus(container: RefObject<HTMLElement | null>, cells: readonly string[]): RovingFocus {
  const [visited, setVisited] = useState<string | null>(null);
  return {
    current: visited !== null && cells.includes(visited) ? visited : cells[0],
    onKeyDown(event) {
      if (event.ctrlKey || event.altKey || event.metaKey || !(event.target instanceof HTMLElement)) return;
      const elements = [...(container.current?.querySelectorAll<HTMLElement>('[data-cell]') ?? [])];
      const index = elements.indexOf(event.target);
      if (index === -1) return;
      const boxes = elements.map((element) => element.getBoundingClientRect());
      const next = nextCell(boxes, index, event.key);
      if (next !== null) elements[next]?.focus();
      // At an edge the page must not scroll instead.
      if (next !== null || event.key.startsWith('Arrow')) event.preventDefault();
    },
    onFocus(event) {
      const cell = event.target instanceof HTMLElement ? event.target.dataset.cell : undefined;
      if (cell !== undefined) setVisited(cell);
    },
  };
}
