import { useSyncExternalStore } from 'react';

/** One clock for the window: everything that says "2 min ago" moves on together, twice a minute. */
const tickMs = 30_000;
let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function tick(): void {
  now = Date.now();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    tick();
    timer = setInterval(tick, tickMs);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

/** "now", "4 min", "3 h", "2 d": how long ago a time is, for people. */
export function durationWords(fromIso: string, toMs: number): string {
  const seconds = Math.max(0, Math.round((toMs - Date.parse(fromIso)) / 1000));
  if (seconds < 45) return 'now';
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  if (hours < 48) return `${hours} h`;
  return `${Math.round(hours / 24)} d`;
}

/** "just now", "4 min ago". */
export function agoWords(fromIso: string, toMs: number): string {
  const words = durationWords(fromIso, toMs);
  return words === 'now' ? 'just now' : `${words} ago`;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const clockSeconds = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' });

/** "09:12", and "23 Nov 09:12" when it was not today. */
export function clockWords(iso: string, todayMs = Date.now()): string {
  const date = new Date(iso);
  const sameDay = date.toDateString() === new Date(todayMs).toDateString();
  return sameDay ? clock.format(date) : `${day.format(date)} ${clock.format(date)}`;
}

const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });

/** "Tuesday, 24 November 2026". */
export function dayWords(iso: string): string {
  return weekday.format(new Date(iso));
}

export function clockWithSeconds(iso: string): string {
  return clockSeconds.format(new Date(iso));
}

export function fullTime(iso: string): string {
  return full.format(new Date(iso));
}

/** "leased since 2026-01-02T03:04:05.000Z" → "leased since 2 Jan 03:04": times in a sentence of the server's, as a clock shows them. */
export function withPlainTimes(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (iso) => clockWords(iso));
}
