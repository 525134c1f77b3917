import type { Conflict, ConflictOption, DetectedConflict, Holder } from '#shared/contract/conflicts.ts';
import { conflictGlyph } from './status.ts';
import { type Paint, visibleWidth } from './style.ts';
import { cut } from './table.ts';
import { ago, clockTime } from './time.ts';

/** How the texts of a conflict are laid out, and seen from when. */
export interface CardView {
  width: number | null;
  paint: Paint;
  now: number;
  /** The user's home folder, written as `~`. */
  userHome: string;
}

const cardWidth = 78;
const ends = new Set<ConflictOption['strategy']>(['stop-service', 'stop-container', 'end-process']);

/** A conflict as text: who wants what, who holds it, what can be done about it and by which command, and why we think so. */
export function renderConflictCard(conflict: Conflict | DetectedConflict, view: CardView): string[] {
  const { paint } = view;
  const width = Math.min(view.width ?? cardWidth, cardWidth);
  return [
    headline(conflict, view, width),
    ...whoLines(conflict, view),
    '',
    ...conflict.options.flatMap((option) => cardOption(conflict, option, paint)),
    ...(conflict.options.length === 0 ? [] : ['']),
    ...conflict.evidence.map(({ detail }, index) => `  ${paint('dim', `${index === 0 ? 'Why' : '   '}  ${detail}`)}`),
  ];
}

/** Who holds the port, or answers beside the service; of one that does not answer itself, where it says why. */
function whoLines({ kind, wanted, holder }: Conflict | DetectedConflict, view: CardView): string[] {
  if (kind === 'not-answering') return [`  $ ${view.paint('cyan', `clos logs ${wanted.service ?? ''} --tail 20`)}`];
  const label = kind === 'shadowed' ? 'beside ' : 'held by';
  return holderLines(holder, { ...view, indent: 11 }).map((line, index) =>
    index === 0 ? `  ${label}  ${line}` : `           ${line}`,
  );
}

/** What is the matter, in a few words. */
function matterOf({ kind, wanted }: Conflict | DetectedConflict): string {
  const port = `:${wanted.port}${wanted.protocol === 'udp' ? '/udp' : ''}`;
  const who = wanted.service ?? 'A newcomer';
  if (kind === 'not-answering') return `${who} runs and does not answer on ${port}`;
  if (kind === 'shadowed') return `${who} is not alone on ${port}`;
  return `${who} wants ${port}`;
}

function headline(conflict: Conflict | DetectedConflict, view: CardView, width: number): string {
  const { paint } = view;
  const matter = matterOf(conflict);
  const since = 'detectedAt' in conflict ? ago(conflict.detectedAt, view.now) : '';
  const gap = ' '.repeat(Math.max(2, width - visibleWidth(matter) - since.length - 2));
  return `${paint('yellow', conflictGlyph)} ${paint('bold', matter)}${since === '' ? '' : gap + paint('dim', since)}`;
}

/**
 * Who holds a port: what it is, where it comes from, and whether it is out of reach.
 *
 * A long command line is cut so that a line stays within 78 columns less its `indent`.
 */
export function holderLines(holder: Holder, view: { now: number; userHome: string; indent: number }): string[] {
  const name = holderName(holder);
  const facts = [
    holder.pid === null ? null : `pid ${holder.pid}`,
    holder.user,
    holder.since === null ? null : `since ${clockTime(holder.since, view.now)}`,
  ]
    .filter((fact) => fact !== null)
    .join(' · ');
  const room = Math.max(16, cardWidth - view.indent - name.length - facts.length - 4);
  const command = holder.command === null || holder.command === holder.name ? '' : cut(holder.command, room);

  const { checkout, project } = holder;
  return [
    [name, command, facts],
    [project, checkout === null ? null : folderText(checkout.root, view.userHome), checkout?.branch],
    [holder.protected ? 'It is protected: CLOS will not end it.' : ''],
  ]
    .map((parts) => parts.filter((part) => typeof part === 'string' && part !== '').join('  '))
    .filter((line) => line !== '');
}

/** A folder as a shell would show it: `~/src/shop`. */
export function folderText(folder: string, userHome: string): string {
  return folder.startsWith(`${userHome}/`) ? `~${folder.slice(userHome.length)}` : folder;
}

/** "container shop-db-1 (postgres:17, exited)", "service web", "node". */
export function holderName(holder: Holder): string {
  if (holder.service !== null) return `service ${holder.service.name}`;
  if (holder.container !== null) {
    const { name, image, state } = holder.container;
    return `container ${name} (${image}, ${state})`;
  }
  return holder.name;
}

/** What an option does to others, whether it can be undone, and the command that applies it. */
export function optionLines(option: ConflictOption, holder: string, paint: Paint): [title: string, command: string] {
  const notes = [
    option.recommended ? 'recommended' : null,
    ends.has(option.strategy) ? `${holder} stops` : 'nothing stops',
    option.affects.length === 0 ? null : `affects ${option.affects.join(', ')}`,
    option.risk === 'none' ? null : `${option.risk} risk`,
    undoNote(option),
  ].filter((note) => note !== null);
  return [`${option.title}  ${paint('dim', notes.join(' · '))}`, `$ ${paint('cyan', option.command)}`];
}

/** Said where it matters: of what ends something or is a risk, and of everything that cannot be undone. */
function undoNote({ strategy, risk, reversible }: ConflictOption): string | null {
  if (!reversible) return 'cannot be undone';
  return ends.has(strategy) || risk !== 'none' ? 'can be undone' : null;
}

/** A conflict that was not recorded has no command that could name it. */
function cardOption(conflict: Conflict | DetectedConflict, option: ConflictOption, paint: Paint): string[] {
  const [title, command] = optionLines(option, conflict.holder.name, paint);
  const line = `  ${option.recommended ? paint('green', '●') : '○'} ${title}`;
  return 'id' in conflict ? [line, `    ${command}`] : [line];
}
