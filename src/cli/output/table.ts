import { type Paint, visibleWidth } from './style.ts';

export interface Column<Row> {
  title: string;
  value: (row: Row) => string;
  paint?: (row: Row, text: string) => string;
  /** Columns with a lower number give way first when the terminal is narrow; those without one stay. */
  yields?: number;
  /** The fewest columns that the text may be cut to; without it the text is never cut. */
  shrinksTo?: number;
}

const gap = '  ';

/** Cuts text to a width, with an ellipsis as its last column. */
export function cut(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/**
 * A table as lines of text, without frames.
 *
 * It fits into `width` columns: first the cells that may be cut are cut, the widest first, then columns give way. Without a
 * width (the output is not a terminal) nothing is lost.
 */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: ReadonlyArray<Column<Row>>,
  options: { width: number | null; paint: Paint },
): string[] {
  const { width, paint } = options;
  let shown = columns.map((column) => {
    const cells = rows.map((row) => oneLine(column.value(row)));
    return { column, cells, size: Math.max(visibleWidth(column.title), ...cells.map(visibleWidth)) };
  });
  const total = () => shown.reduce((sum, { size }) => sum + size + gap.length, -gap.length);

  while (width !== null && total() > width) {
    const excess = total() - width;
    const widest = shown
      .filter(({ column, size }) => column.shrinksTo !== undefined && size > column.shrinksTo)
      .sort((a, b) => b.size - a.size)[0];
    if (widest !== undefined) {
      widest.size = Math.max(widest.column.shrinksTo ?? 0, widest.size - excess);
      continue;
    }
    const first = shown
      .filter(({ column }) => column.yields !== undefined)
      .sort((a, b) => (a.column.yields ?? 0) - (b.column.yields ?? 0))[0];
    if (first === undefined) break;
    shown = shown.filter((entry) => entry !== first);
  }

  const lines = [shown.map(({ column, size }) => painted(cut(column.title, size), size, (text) => paint('dim', text)))];
  for (const [index, row] of rows.entries()) {
    lines.push(
      shown.map(({ column, cells, size }) => {
        return painted(cut(cells[index] ?? '', size), size, (text) => column.paint?.(row, text) ?? text);
      }),
    );
  }
  return lines.map((cells) => cells.join(gap).trimEnd());
}

/** Fills up with spaces, which stay without colour so that they can be trimmed at the end of a line. */
function painted(text: string, size: number, paint: (text: string) => string): string {
  return paint(text) + ' '.repeat(Math.max(0, size - visibleWidth(text)));
}
