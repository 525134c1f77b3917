// biome-ignore-all lint/a11y/useSemanticElements: a table cannot place its rows freely, so the grid is made of roles
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid holds the focus and names its active row
// biome-ignore-all lint/a11y/useKeyWithClickEvents: Enter on the list opens the row
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useId, useRef } from 'react';
import type { Cursor } from '../lib/use-cursor.ts';

/** Pixels. */
const rowHeight = 36;
const headingHeight = 32;

interface RowListProps<T> {
  label: string;
  items: readonly T[];
  keyOf: (item: T) => string;
  cursor: Cursor;
  /** The row that the inspector shows. */
  opened: string | null;
  onOpen: (key: string) => void;
  /** Classes with the columns of the grid, shared by the head and every row. */
  columns: string;
  head: ReactNode;
  /** The cells, each with role="gridcell". */
  row: (item: T, active: boolean) => ReactNode;
  /** What stands above the row, where a new part of the list begins. */
  headingOf?: (item: T, before: T | undefined) => string | null;
}

/** A list of rows of one height of which only the visible ones exist, so that a thousand cost what thirty do. */
export function RowList<T>(props: RowListProps<T>) {
  const { label, items, keyOf, cursor, opened, onOpen, columns, head, row, headingOf } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const id = useId();
  const headingAt = (index: number) => {
    const item = items[index];
    return item === undefined || headingOf === undefined ? null : headingOf(item, items[index - 1]);
  };
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => rowHeight + (headingAt(index) === null ? 0 : headingHeight),
    overscan: 8,
    getItemKey: (index) => {
      const item = items[index];
      return item === undefined ? index : keyOf(item);
    },
  });

  // A row that has become the first of its part is taller than it was.
  const headings = headingOf === undefined ? '' : items.map((_item, index) => headingAt(index)).join('|');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the heights follow from the headings
  useEffect(() => virtual.measure(), [headings, virtual]);

  useEffect(() => {
    if (cursor.index >= 0) virtual.scrollToIndex(cursor.index, { align: 'auto' });
  }, [cursor.index, virtual]);

  return (
    <div
      role="grid"
      tabIndex={0}
      aria-label={label}
      aria-rowcount={items.length + 1}
      aria-activedescendant={cursor.key === null ? undefined : `${id}-${cursor.key}`}
      className="group/list flex min-h-0 flex-1 flex-col -outline-offset-2"
    >
      <div
        role="row"
        aria-rowindex={1}
        className={`grid h-(--row-compact) shrink-0 items-center border-b bg-sunken px-5 text-12 text-faint ${columns}`}
      >
        {head}
      </div>
      <div ref={scroller} role="rowgroup" className="min-h-0 flex-1 overflow-y-auto">
        <div role="presentation" className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, key, start }) => {
            const item = items[index];
            if (item === undefined) return null;
            const name = keyOf(item);
            const active = name === cursor.key;
            const heading = headingAt(index);
            return (
              <div
                key={key}
                role="presentation"
                className="absolute inset-x-0 top-0"
                style={{ transform: `translateY(${start}px)` }}
              >
                {heading !== null && (
                  <h2 className="flex h-8 items-end px-5 pb-1.5 text-12 font-medium text-faint">{heading}</h2>
                )}
                <div
                  id={`${id}-${name}`}
                  role="row"
                  aria-rowindex={index + 2}
                  aria-selected={name === opened}
                  onClick={(event) => {
                    if (event.target instanceof Element && event.target.closest('button, a, input, [popover]') !== null)
                      return;
                    cursor.set(name);
                    onOpen(name);
                  }}
                  className={`group/row grid h-(--row) items-center border-b px-5 ${columns} ${
                    name === opened ? 'bg-accent-wash' : active ? 'bg-active' : 'hover:bg-hover'
                  } ${active ? 'shadow-[inset_2px_0_0_var(--c-accent)]' : ''}`}
                >
                  {row(item, active)}
                </div>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
