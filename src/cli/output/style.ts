const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Colour = keyof typeof codes;

/** Paints text, or leaves it as it is where colours are off. */
export type Paint = (colour: Colour, text: string) => string;

export const plainPaint: Paint = (_colour, text) => text;
export const ansiPaint: Paint = (colour, text) => `\u001b[${codes[colour]}m${text}\u001b[0m`;

/** Colours only for a terminal that has them, and not against the user's wish (https://no-color.org). */
export function choosePaint(options: { isTerminal: boolean; color: boolean; env: NodeJS.ProcessEnv }): Paint {
  const refused = !options.color || (options.env.NO_COLOR ?? '') !== '' || options.env.TERM === 'dumb';
  return options.isTerminal && !refused ? ansiPaint : plainPaint;
}

/** Escape sequences of ECMA-48: CSI, then the string kinds (OSC, DCS, APC, PM, SOS), then two-byte ones. */
const sequences =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b[\]P_^X][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[ -/]*[0-~]?/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const colouring = /^\u001b\[[0-9;]*m$/;

/**
 * Takes out what would steer a terminal: image names, command lines and logs are written by others.
 *
 * Line feeds and tabs stay; colours stay where `colours` says so.
 */
export function tame(text: string, colours: boolean): string {
  const kept: string[] = [];
  const marked = text.replace(sequences, (sequence) => {
    if (!colours || !colouring.test(sequence)) return '';
    kept.push(sequence);
    return '\uffff';
  });
  return marked.replace(controls, '').replace(/\uffff/g, () => kept.shift() ?? '');
}

/** The number of columns that a line takes, escape sequences not counted. */
export function visibleWidth(text: string): number {
  return [...tame(text, false)].length;
}
