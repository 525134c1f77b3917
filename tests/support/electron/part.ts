import type { EventEmitter } from 'node:events';

/** The part of one of Electron's types that the stand-in has, apart from what every emitter of events has. */
export type Part<T, K extends Exclude<keyof T, keyof EventEmitter>> = Pick<T, K>;
