import type { OperationOutput } from '#shared/contract/operation-definition.ts';
import type { ModuleState, system } from '#shared/contract/system.ts';
import type { Colour, Paint } from './style.ts';
import { ago } from './time.ts';

type SystemStatus = OperationOutput<typeof system.status>;

const moduleMarks: Readonly<Record<ModuleState['state'], { glyph: string; colour: Colour }>> = {
  starting: { glyph: '◐', colour: 'cyan' },
  ready: { glyph: '●', colour: 'green' },
  exited: { glyph: '■', colour: 'red' },
  degraded: { glyph: '▲', colour: 'yellow' },
  stopped: { glyph: '○', colour: 'dim' },
};

/** CLOS itself: what runs, on which engine, and what wants the person. */
export function renderStatus(
  status: SystemStatus,
  view: { paint: Paint; dashboard: string | null; home: string; now: number },
): string[] {
  const { paint } = view;
  const { engine, services } = status;
  const counts = [
    services.total === 0 ? 'none yet' : `${services.running} of ${services.total} running`,
    services.unhealthy === 0 ? null : paint('yellow', `▲ ${services.unhealthy} unhealthy`),
    services.failed === 0 ? null : paint('red', `■ ${services.failed} failed`),
  ].filter((text) => text !== null);
  return [
    `CLOS ${status.version}  ${paint('dim', view.home)}`,
    '',
    `Services   ${counts.join(' · ')}`,
    `Conflicts  ${status.openConflicts === 0 ? 'none' : paint('yellow', `◧ ${status.openConflicts} open: clos conflicts`)}`,
    `Engine     ${engineText(engine, paint)}`,
    ...status.modules.map((module, index) => `${index === 0 ? 'Modules' : '       '}    ${moduleText(module, paint)}`),
    ...storageLines(status.storage, { paint, now: view.now }),
    ...(view.dashboard === null ? [] : [`Dashboard  ${view.dashboard}  ${paint('dim', 'open it with: clos open')}`]),
  ];
}

function storageLines({ backup, restored }: SystemStatus['storage'], view: { paint: Paint; now: number }): string[] {
  const { paint, now } = view;
  const last =
    backup === null ? 'none yet' : `${ago(backup.madeAt, now)}  ${paint('dim', 'see all with: clos backups')}`;
  if (restored === null) return [`Backup     ${last}`];
  return [
    `Backup     ${last}`,
    `           ${paint('yellow', `▲ The database was restored ${ago(restored.at, now)} from ${restored.backup}: ${restored.reason}`)}`,
    `           ${paint('dim', `What was there before is in ${restored.setAside}`)}`,
  ];
}

function engineText(engine: SystemStatus['engine'], paint: Paint): string {
  if (engine.state === 'none') return `${paint('dim', '○')} none found (${engine.found})`;
  const what = [engine.name, engine.version].filter((part) => part !== null).join(' ') || 'engine';
  const where = engine.address === null ? '' : ` at ${engine.address}`;
  if (engine.state === 'available') return `${paint('green', '●')} ${what}${where}`;
  return `${paint('red', '■')} ${what}${where} is away${engine.reason === null ? '' : `: ${engine.reason}`}`;
}

function moduleText(module: ModuleState, paint: Paint): string {
  const { glyph, colour } = moduleMarks[module.state];
  const facts = [
    module.pid === null ? null : `pid ${module.pid}`,
    module.restarts === 0 ? null : `restarted ${module.restarts} times`,
    module.reason,
  ].filter((fact) => fact !== null);
  const text = `${paint(colour, glyph)} ${module.name.padEnd(9)}  ${module.state.padEnd(8)}`;
  return facts.length === 0 ? text.trimEnd() : `${text}  ${paint('dim', facts.join(' · '))}`;
}
