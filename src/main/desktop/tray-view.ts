import type { DesktopState } from './desktop-state.ts';

/** The glyphs of the tray: outline, half filled, split square, filled. */
export type TrayGlyph = 'calm' | 'starting' | 'conflict' | 'failed';

export interface TrayView {
  glyph: TrayGlyph;
  /** The number in the split square; 0 with any other glyph. */
  count: number;
  /** The same in words. */
  tooltip: string;
  conflictsLabel: string;
  runningLabel: string;
}

function counted(count: number, one: string, many: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

const tooltips: Record<DesktopState['connection'], (summary: string) => string> = {
  starting: () => 'CLOS is starting',
  live: (summary) => `CLOS: ${summary}`,
  away: (summary) => `CLOS does not answer. Last seen: ${summary}`,
};

/** What the tray shows. A conflict comes before a failure, because it waits for an answer. */
export function trayView(state: DesktopState): TrayView {
  const conflicts = state.conflicts.size;
  const statuses = [...state.services.values()].map((service) => service.status);
  const count = (...wanted: typeof statuses) => statuses.filter((status) => wanted.includes(status)).length;
  const failed = count('failed');
  const starting = count('starting', 'stopping');
  const unhealthy = count('unhealthy');
  const running = count('running', 'unhealthy');

  const parts = [
    conflicts > 0 ? counted(conflicts, 'port conflict') : '',
    failed > 0 ? `${failed} failed` : '',
    starting > 0 ? `${starting} starting or stopping` : '',
    unhealthy > 0 ? `${unhealthy} unhealthy` : '',
    `${running} running`,
  ].filter((part) => part !== '');

  return {
    glyph:
      conflicts > 0
        ? 'conflict'
        : failed > 0
          ? 'failed'
          : starting > 0 || state.connection !== 'live'
            ? 'starting'
            : 'calm',
    count: conflicts,
    tooltip: tooltips[state.connection](parts.join(', ')),
    conflictsLabel: conflicts === 0 ? 'No port conflicts' : counted(conflicts, 'port conflict'),
    runningLabel: running === 0 ? 'No services running' : `${counted(running, 'service')} running`,
  };
}
