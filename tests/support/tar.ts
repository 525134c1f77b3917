/** One entry of a tar file: a file with its bytes, or a symbolic link with its target. */
export type TarEntry = { path: string; mode?: number } & ({ content: Buffer | string } | { link: string });

const block = 512;

/**
 * A tar file with the given entries, in the ustar layout (POSIX.1-1988, https://www.gnu.org/software/tar/manual/html_node/Standard.html).
 *
 * Paths and link targets hold at most 100 bytes. Everything belongs to root and is as old as the epoch, so equal entries give equal bytes.
 */
export function tar(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap((entry) => {
    const content = 'link' in entry ? Buffer.alloc(0) : Buffer.from(entry.content);
    const padding = Buffer.alloc((block - (content.length % block)) % block);
    return [header(entry, content.length), content, padding];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * block)]);
}

function header(entry: TarEntry, size: number): Buffer {
  const link = 'link' in entry ? entry.link : '';
  if (Buffer.byteLength(entry.path) > 100 || Buffer.byteLength(link) > 100) throw new Error(`Too long: ${entry.path}`);
  const fields = Buffer.alloc(block);
  fields.write(entry.path, 0);
  fields.write(octal(entry.mode ?? 0o644, 8), 100);
  fields.write(octal(0, 8), 108);
  fields.write(octal(0, 8), 116);
  fields.write(octal(size, 12), 124);
  fields.write(octal(0, 12), 136);
  fields.write('        ', 148);
  fields.write(link === '' ? '0' : '2', 156);
  fields.write(link, 157);
  fields.write('ustar\u000000', 257);
  const sum = fields.reduce((total, byte) => total + byte, 0);
  fields.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return fields;
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}
