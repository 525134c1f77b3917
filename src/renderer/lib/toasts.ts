import { createStore } from './store.ts';

export interface Toast {
  id: number;
  tone: 'plain' | 'failed';
  title: string;
  /** What it is about; a newer note about the same takes its place. */
  subject?: string;
  detail?: string;
  /** The same on the command line. */
  command?: string;
  /** Only where the change can be taken back. */
  undo?: () => void;
}

/** Milliseconds: Undo is offered for ten seconds; a failure stays until it is put away. */
const lifeMs = 5000;
const undoLifeMs = 10_000;

export const toasts = createStore<readonly Toast[]>([]);
let nextId = 1;
const timers = new Map<number, ReturnType<typeof setTimeout>>();

export function dismissToast(id: number): void {
  clearTimeout(timers.get(id));
  timers.delete(id);
  toasts.set(toasts.get().filter((toast) => toast.id !== id));
}

/** Starts the toast's time, again after somebody has looked at it. */
export function letToastGo(id: number): void {
  const toast = toasts.get().find((candidate) => candidate.id === id);
  if (toast === undefined || toast.tone === 'failed') return;
  clearTimeout(timers.get(id));
  timers.set(
    id,
    setTimeout(() => dismissToast(id), toast.undo === undefined ? lifeMs : undoLifeMs),
  );
}

export function holdToast(id: number): void {
  clearTimeout(timers.get(id));
}

/** Shows a note at the edge, at most four at a time. */
export function showToast(toast: Omit<Toast, 'id'>): number {
  const id = nextId++;
  const older = toasts.get().find(({ subject }) => subject !== undefined && subject === toast.subject);
  if (older !== undefined) dismissToast(older.id);
  toasts.set([...toasts.get(), { ...toast, id }].slice(-4));
  letToastGo(id);
  return id;
}
