import type { Metric } from '#shared/contract/live.ts';
import { jsonFrame } from './frames.ts';

/** The newest values of a subject, ready to be sent. */
export interface Posted {
  subject: string;
  frame: Buffer;
  /** By a clock that never jumps. */
  at: number;
}

/** Values that were not renewed for so long say nothing about now. */
const freshMs = 60_000;
const mostSubjects = 10_000;

/** The newest values of every subject, each framed once. Older ones are forgotten as they are replaced. */
export class MetricBoard {
  /** The one that was renewed longest ago comes first. */
  readonly #posted = new Map<string, Posted>();

  /** Puts values up and returns them as they are sent, one per subject. */
  post(metrics: readonly Metric[]): Posted[] {
    const at = performance.now();
    const newest = new Map(metrics.map((metric) => [metric.subject, metric]));
    const posted = [...newest.values()].map((metric) => {
      const { subject } = metric;
      return { subject, frame: jsonFrame({ type: 'metric', ...metric }), at };
    });
    for (const each of posted) {
      this.#posted.delete(each.subject);
      this.#posted.set(each.subject, each);
    }
    for (const { subject, at: when } of this.#posted.values()) {
      if (this.#posted.size <= mostSubjects && at - when < freshMs) break;
      this.#posted.delete(subject);
    }
    return posted;
  }

  /** What is up, of these subjects or of all. */
  read(subjects: Iterable<string> = this.#posted.keys()): Posted[] {
    const oldest = performance.now() - freshMs;
    return [...subjects].flatMap((subject) => {
      const posted = this.#posted.get(subject);
      return posted === undefined || posted.at < oldest ? [] : [posted];
    });
  }
}
