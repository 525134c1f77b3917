import { z } from 'zod';
import { refused } from './engine-errors.ts';
import type { PullProgress } from './types.ts';

const progressLine = z.object({
  status: z.string().default(''),
  id: z.string().optional(),
  progressDetail: z.object({ current: z.number().optional(), total: z.number().optional() }).nullish(),
  error: z.string().optional(),
});

interface Layer {
  done: number;
  total: number;
}

/** Downloading is the larger part of the work, unpacking the rest. */
const downloadShare = 0.8;

/**
 * Adds up the engine's lines about layers to one number.
 *
 * A line with an error throws it as a `ClosError`: the engine has answered 200 by then.
 */
export function createPullMeter(image: string): (line: string) => PullProgress | null {
  const layers = new Map<string, { download: Layer; unpack: Layer }>();
  let percent: number | null = null;

  return (line) => {
    let json: unknown;
    try {
      json = JSON.parse(line);
    } catch {
      return null;
    }
    const parsed = progressLine.safeParse(json);
    if (!parsed.success) return null;
    const { status, id, progressDetail, error } = parsed.data;
    if (error !== undefined) throw refused(`pull ${image}`, 404, error);
    if (id !== undefined && isLayer(status)) {
      const layer = layers.get(id) ?? { download: { done: 0, total: 0 }, unpack: { done: 0, total: 0 } };
      layers.set(id, layer);
      const { current, total } = progressDetail ?? {};
      if (status === 'Downloading') {
        layer.download = { done: current ?? 0, total: total ?? layer.download.total };
      } else if (status === 'Download complete' || status === 'Verifying Checksum') {
        layer.download.done = layer.download.total;
      } else if (status === 'Extracting') {
        layer.download.done = layer.download.total;
        layer.unpack = { done: current ?? 0, total: total ?? layer.unpack.total };
      } else if (status === 'Pull complete' || status === 'Already exists') {
        layer.download = finished(layer.download);
        layer.unpack = finished(layer.unpack);
      }
    }
    const now = measure([...layers.values()]);
    // A layer that is met late makes the whole larger; the number shown never goes back.
    if (now !== null) percent = Math.max(percent ?? 0, now);
    return { image, percent, text: id === undefined || layers.has(id) ? status : `${id}: ${status}` };
  };
}

function isLayer(status: string): boolean {
  return /^(?:Pulling fs layer|Waiting|Downloading|Verifying Checksum|Download complete|Extracting|Pull complete|Already exists)$/.test(
    status,
  );
}

function finished(layer: Layer): Layer {
  const total = Math.max(1, layer.total);
  return { done: total, total };
}

/** Null until a size is known. */
function measure(layers: { download: Layer; unpack: Layer }[]): number | null {
  let size = 0;
  let done = 0;
  for (const { download, unpack } of layers) {
    if (download.total === 0) continue;
    size += download.total;
    const unpacked = unpack.total === 0 ? 0 : unpack.done / unpack.total;
    done += download.done * downloadShare + download.total * unpacked * (1 - downloadShare);
  }
  return size === 0 ? null : Math.min(100, Math.floor((done / size) * 100));
}

/** `shop/web:1` → the two halves that the pull call wants; without a tag it would pull every one. */
export function splitImage(image: string): { fromImage: string; tag: string } {
  if (image.includes('@')) return { fromImage: image, tag: '' };
  const colon = image.lastIndexOf(':');
  if (colon > image.lastIndexOf('/')) return { fromImage: image.slice(0, colon), tag: image.slice(colon + 1) };
  return { fromImage: image, tag: 'latest' };
}
