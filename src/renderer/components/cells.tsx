import type { ReactNode } from 'react';

interface CellProps {
  className?: string;
  title?: string | undefined;
  children: ReactNode;
}

/** A cell of a `RowList`. The grid holds the focus, so a cell has none. */
export function Cell({ children, ...rest }: CellProps) {
  const props = { role: 'gridcell', ...rest };
  return <span {...props}>{children}</span>;
}

/** The name of a column. */
export function HeadCell({ children, ...rest }: CellProps) {
  const props = { role: 'columnheader', ...rest };
  return <span {...props}>{children}</span>;
}
