/** Where a cell is, in pixels. */
export interface CellBox {
  left: number;
  right: number;
  top: number;
}

function middle({ left, right }: CellBox): number {
  return (left + right) / 2;
}

/** The cell in the nearest line above or below whose middle is nearest. */
function vertical(cells: readonly CellBox[], from: CellBox, step: 1 | -1): number | null {
  const lines = cells.map(({ top }) => top).filter((top) => (top - from.top) * step > 0);
  if (lines.length === 0) return null;
  const line = step === 1 ? Math.min(...lines) : Math.max(...lines);
  let best: number | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const [index, cell] of cells.entries()) {
    const distance = Math.abs(middle(cell) - middle(from));
    if (cell.top !== line || distance >= bestDistance) continue;
    best = index;
    bestDistance = distance;
  }
  return best;
}

/**
 * Where an arrow key leads among cells that flow in lines: left and right in their order, up and down to the nearest cell of the
 * next line, Home and End to the ends. Null for another key, and at an edge.
 */
export function nextCell(cells: readonly CellBox[], index: number, key: string): number | null {
  const from = cells[index];
  if (from === undefined) return cells.length > 0 && key.startsWith('Arrow') ? 0 : null;
  switch (key) {
    case 'ArrowRight':
      return index + 1 < cells.length ? index + 1 : null;
    case 'ArrowLeft':
      return index > 0 ? index - 1 : null;
    case 'ArrowDown':
      return vertical(cells, from, 1);
    case 'ArrowUp':
      return vertical(cells, from, -1);
    case 'Home':
      return 0;
    case 'End':
      return cells.length - 1;
    default:
      return null;
  }
}
