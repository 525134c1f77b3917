import type { Service } from '#shared/contract/services.ts';
import { joinWords } from './words.ts';

/** What runs, in a line: the image, the command, or that CLOS only looks on. */
export function runsWords({ runtime }: Service): string {
  switch (runtime.type) {
    case 'container':
      return runtime.image;
    case 'process':
      return joinWords(runtime.command);
    case 'external':
      return 'only watched';
  }
}

/** True where CLOS starts and stops it; what it only watches is somebody else's to run. */
export function isDriven({ runtime }: Service): boolean {
  return runtime.type !== 'external';
}

/** True where CLOS took over what ran already. */
export function isAdopted({ runtime }: Service): boolean {
  return runtime.type !== 'external' && runtime.observed?.adopted === true;
}

/** Names the present run: another container or process, or another start of the same, is another run. */
export function runOf({ runtime }: Service): string {
  switch (runtime.type) {
    case 'container':
      return `${runtime.observed?.containerId} ${runtime.observed?.startedAt}`;
    case 'process':
      return `${runtime.observed?.pid} ${runtime.observed?.startedAt}`;
    case 'external':
      return 'none';
  }
}
