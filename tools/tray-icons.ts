/**
 * Draws the glyphs of the tray into resources/tray: `<glyph>[-count]-<dark|light>.png`, 16 pixels wide, and `@2x` beside it.
 *
 * `node tools/tray-icons.ts`, after a change of the shapes. The same shapes give the same bytes.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { encodePng } from './lib/png.ts';

/** True where the shape covers the point; both coordinates go from 0 to 16. */
type Shape = (x: number, y: number) => boolean;

const disc =
  (radius: number): Shape =>
  (x, y) =>
    Math.hypot(x - 8, y - 8) <= radius;
const box =
  (...[left, top, right, bottom]: [number, number, number, number]): Shape =>
  (x, y) =>
    x >= left && x < right && y >= top && y < bottom;
const all =
  (...shapes: Shape[]): Shape =>
  (x, y) =>
    shapes.some((shape) => shape(x, y));
const without =
  (shape: Shape, hole: Shape): Shape =>
  (x, y) =>
    shape(x, y) && !hole(x, y);
const both =
  (a: Shape, b: Shape): Shape =>
  (x, y) =>
    a(x, y) && b(x, y);

const outline = without(disc(6.5), disc(5));
const half = all(outline, both(disc(6.5), box(0, 0, 8, 16)));
const square = (size: number) =>
  all(without(box(1, 2, 1 + size, 2 + size), box(2.5, 3.5, size - 0.5, size + 0.5)), box(1, 2, 1 + size / 2, 2 + size));

/** Digits of 3 by 5 cells, row by row. */
const digits: Record<string, string> = {
  1: '.#.##..#..#.###',
  2: '###..#####..###',
  3: '###..####..####',
  4: '#.##.####..#..#',
  5: '####..###..####',
  6: '####..####.####',
  7: '###..#.#..#..#.',
  8: '####.#####.####',
  9: '####.####..####',
  '+': '....#.###.#....',
};

/** Each cell of a digit is 1.5 wide and 2 high; the digit stands at the lower right. */
function digit(character: string): Shape {
  const cells = digits[character] ?? '';
  const cell = { width: 1.5, height: 2, left: 11, top: 5 };
  return (x, y) => {
    const column = Math.floor((x - cell.left) / cell.width);
    const row = Math.floor((y - cell.top) / cell.height);
    return column >= 0 && column < 3 && row >= 0 && row < 5 && cells[row * 3 + column] === '#';
  };
}

const glyphs: Record<string, Shape> = {
  calm: outline,
  starting: half,
  failed: disc(6.5),
  // Without a number for macOS, which writes it beside the glyph.
  conflict: square(12),
  ...Object.fromEntries(
    Array.from({ length: 10 }, (_value, index) => [
      `conflict-${index + 1}`,
      all(square(9), digit(index === 9 ? '+' : String(index + 1))),
    ]),
  ),
};

/** The share of a pixel that the shape covers, from 64 samples. */
function coverage(shape: Shape, pixel: { x: number; y: number; scale: number }): number {
  let hits = 0;
  for (let i = 0; i < 64; i += 1) {
    const x = (pixel.x + (i % 8) / 8 + 1 / 16) / pixel.scale;
    const y = (pixel.y + Math.floor(i / 8) / 8 + 1 / 16) / pixel.scale;
    if (shape(x, y)) hits += 1;
  }
  return hits / 64;
}

/** The shape in one grey on nothing. */
function draw(shape: Shape, scale: number, grey: number): Buffer {
  const size = 16 * scale;
  const pixels = Buffer.alloc(size * size * 4);
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const alpha = Math.round(coverage(shape, { x, y, scale }) * 255);
      pixels.set([grey, grey, grey, alpha], (y * size + x) * 4);
    }
  }
  return encodePng(size, size, pixels);
}

const folder = 'resources/tray';
mkdirSync(folder, { recursive: true });
for (const [name, shape] of Object.entries(glyphs)) {
  for (const [theme, grey] of Object.entries({ dark: 0, light: 255 })) {
    writeFileSync(`${folder}/${name}-${theme}.png`, draw(shape, 1, grey));
    writeFileSync(`${folder}/${name}-${theme}@2x.png`, draw(shape, 2, grey));
  }
}
