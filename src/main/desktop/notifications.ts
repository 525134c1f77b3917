import { Notification } from 'electron';
import { coalesce, type Notice } from './notices.ts';

/** Notices that come within this time of the first are shown together. */
const gatherMs = 400;
/** After a notice about a thing, the next of the same kind about it is kept back for this long: a crash loop is told once. */
const quietMs = 60_000;

/**
 * Shows notices as native notifications; a click opens the page that the notice names.
 *
 * A notification is held until it is closed or clicked: Electron forgets the click of one that nobody holds.
 */
export function createNotifications(open: (path: string) => void): { add(notice: Notice): void; dispose(): void } {
  const shown = new Map<string, Notification>();
  const toldAt = new Map<string, number>();
  let waiting: Notice[] = [];
  let timer: NodeJS.Timeout | undefined;

  function show({ kind, subject, title, body, path }: Notice): void {
    const key = `${kind} ${subject}`;
    const notification = new Notification({ title, body, silent: kind !== 'conflict' && kind !== 'crash' });
    notification.on('click', () => {
      shown.delete(key);
      open(path);
    });
    notification.on('close', () => shown.delete(key));
    shown.get(key)?.close();
    shown.set(key, notification);
    notification.show();
  }

  function flush(): void {
    timer = undefined;
    for (const notice of coalesce(waiting.splice(0))) show(notice);
  }

  return {
    add(notice) {
      if (!Notification.isSupported()) return;
      const key = `${notice.kind} ${notice.subject}`;
      const now = performance.now();
      for (const [told, at] of toldAt) if (now - at > quietMs) toldAt.delete(told);
      if (toldAt.has(key)) return;
      toldAt.set(key, now);
      waiting.push(notice);
      timer ??= setTimeout(flush, gatherMs).unref();
    },
    dispose() {
      clearTimeout(timer);
      waiting = [];
      for (const notification of shown.values()) notification.close();
      shown.clear();
    },
  };
}
