import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/**
 * The first `maxBytes` of a regular file as text, or null when it is missing, unreadable or something else than a file.
 *
 * A pipe in its place cannot hold us up: it is opened without waiting and refused by its kind.
 */
export async function readStart(path: string, maxBytes: number): Promise<string | null> {
  try {
    const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) return null;
      const buffer = Buffer.allocUnsafe(maxBytes);
      let length = 0;
      while (length < maxBytes) {
        const { bytesRead } = await handle.read(buffer, length, maxBytes - length, null);
        if (bytesRead === 0) break;
        length += bytesRead;
        // Files of the kernel have no size: only they are read until they say that they end.
        if (stats.size > 0 && length >= stats.size) break;
      }
      return buffer.toString('utf8', 0, length);
    } finally {
      await handle.close();
    }
  } catch {
    return null;
  }
}
