import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

/** A rectangle in device-independent pixels. */
const rectangleSchema = z.object({ x: z.int(), y: z.int(), width: z.int().min(1), height: z.int().min(1) });
export type Rectangle = z.output<typeof rectangleSchema>;

const windowStateSchema = z.object({ bounds: rectangleSchema, maximized: z.boolean() });
export type WindowState = z.output<typeof windowStateSchema>;

export const minimumSize = { width: 720, height: 480 };
const usualSize = { width: 1200, height: 800 };

/** How much of a window must lie on a display to be found again with the mouse. */
const graspable = { width: 120, height: 40 };

/** The state that was saved last, or null when there is none that can be used. */
export function readWindowState(file: string): WindowState | null {
  try {
    return windowStateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

/** Saves the state whole or not at all. Throws if the home cannot be written. */
export function writeWindowState(file: string, state: WindowState): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, `${JSON.stringify(state)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The part that two rectangles have in common; its sides are negative where they lie apart. */
function common(a: Rectangle, b: Rectangle): { width: number; height: number } {
  return {
    width: Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x),
    height: Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y),
  };
}

/** The area that shows most of the window, or undefined when none shows enough to grasp it. */
function areaOf(wanted: Rectangle, workAreas: readonly Rectangle[]): Rectangle | undefined {
  const seen = workAreas
    .map((area) => ({ area, ...common(wanted, area) }))
    .filter(({ width, height }) => width >= graspable.width && height >= graspable.height)
    .sort((a, b) => b.width * b.height - a.width * a.height);
  return seen[0]?.area;
}

function within(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, Math.max(low, high)));
}

/**
 * Bounds that can be seen: as wanted where the window lies on one of the work areas, moved and shrunk into it; the usual size in
 * the middle of the first one where nothing was saved or its display is gone. The first work area is the primary display's.
 */
export function visibleBounds(wanted: Rectangle | null, workAreas: readonly [Rectangle, ...Rectangle[]]): Rectangle {
  const home = wanted === null ? undefined : areaOf(wanted, workAreas);
  const area = home ?? workAreas[0];
  const size = wanted ?? usualSize;
  const width = within(size.width, Math.min(minimumSize.width, area.width), area.width);
  const height = within(size.height, Math.min(minimumSize.height, area.height), area.height);
  if (wanted === null || home === undefined) {
    const x = area.x + Math.round((area.width - width) / 2);
    return { x, y: area.y + Math.round((area.height - height) / 2), width, height };
  }
  return {
    x: within(wanted.x, area.x, area.x + area.width - width),
    y: within(wanted.y, area.y, area.y + area.height - height),
    width,
    height,
  };
}
