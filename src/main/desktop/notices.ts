import type { ClosEvent } from '#shared/contract/events.ts';
import { eventData } from './desktop-state.ts';
import { pathOf } from './links.ts';

/** Something that a person should hear of although no window is open. */
export interface Notice {
  kind: 'conflict' | 'crash' | 'not-started' | 'stopped';
  /** What it is about; notices about the same thing replace each other while they wait. */
  subject: string;
  title: string;
  body: string;
  /** Where a click leads in the window. */
  path: string;
}

/**
 * The notice of an event, or null for what nobody has to hear of.
 *
 * A service that ended by itself is told apart from one that somebody stopped outside CLOS; what was asked of CLOS is no news.
 */
export function noticeOf(event: ClosEvent): Notice | null {
  const name = event.subject.name ?? event.subject.id;
  const detected = eventData(event, 'conflict.detected');
  if (detected !== null) {
    const { id, severity, wanted, holder, options } = detected.conflict;
    if (severity !== 'blocking') return null;
    const best = options.find((option) => option.recommended);
    const holderName = holder.pid === null ? holder.name : `${holder.name} (pid ${holder.pid})`;
    return {
      kind: 'conflict',
      subject: id,
      title: `${wanted.service ?? 'A service'} wants :${wanted.port}`,
      body: `It is held by ${holderName}.${best === undefined ? '' : ` Suggested: ${best.title}.`}`,
      path: pathOf('conflict', id),
    };
  }
  const changed = eventData(event, 'service.status-changed');
  if (changed === null) return null;
  const about = { subject: event.subject.id, path: pathOf('service', name) };
  if (changed.to === 'failed') {
    const why = changed.reason ?? (changed.exitCode === null ? 'No reason is known' : `exit ${changed.exitCode}`);
    return changed.from === 'starting'
      ? { ...about, kind: 'not-started', title: `${name} could not be started`, body: `${why}.` }
      : { ...about, kind: 'crash', title: `${name} crashed`, body: `${why}.` };
  }
  if (changed.to === 'stopped' && event.actor.type === 'outside') {
    return {
      ...about,
      kind: 'stopped',
      title: `${name} was stopped outside CLOS`,
      body: `${changed.reason ?? 'It ended normally'}.`,
    };
  }
  return null;
}

const together: Record<Notice['kind'], { title: (count: number) => string; path: string }> = {
  conflict: { title: (count) => `${count} port conflicts`, path: pathOf('conflicts') },
  crash: { title: (count) => `${count} services crashed`, path: pathOf('services') },
  'not-started': { title: (count) => `${count} services could not be started`, path: pathOf('services') },
  stopped: { title: (count) => `${count} services were stopped outside CLOS`, path: pathOf('services') },
};

/** Notices that came together, one per kind: several of a kind become one that lists them. */
export function coalesce(notices: readonly Notice[]): Notice[] {
  const latest = new Map(notices.map((notice) => [`${notice.kind} ${notice.subject}`, notice]));
  const kinds = Map.groupBy(latest.values(), (notice) => notice.kind);
  return [...kinds].flatMap(([kind, [first, ...others]]) => {
    if (first === undefined) return [];
    if (others.length === 0) return [first];
    const all = [first, ...others];
    const named = all.slice(0, 3).map((notice) => notice.title);
    const more = all.length > 3 ? [`and ${all.length - 3} more`] : [];
    const { title, path } = together[kind];
    return [{ kind, subject: kind, title: title(all.length), body: [...named, ...more].join('\n'), path }];
  });
}
