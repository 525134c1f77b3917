import type { Conflict, ConflictOption } from '#shared/contract/conflicts.ts';
import type { Range } from '#shared/contract/ports.ts';
import type { Service } from '#shared/contract/services.ts';
import { claimsOf, countFree, neighboursOf, type Scene } from './oracle.ts';

/** What a start was refused with. */
export interface Refusal {
  code: string;
  conflicts: readonly Conflict[];
}

/** The recommended option, as long as nobody has to stop for it. */
export function harmless({ options }: Conflict): ConflictOption | undefined {
  return options.find((one) => one.recommended && ['reassign', 'change-address'].includes(one.strategy));
}

export type Verdict =
  | 'runs'
  | 'waits for a port that is held'
  | 'no port is left'
  | 'is told of one that has no port'
  | 'was refused without need';

/** What somebody may get who asks for a service where there are few ports. */
export const honest = /^(runs|waits for a port that is held|no port is left|is told of one that has no port)$/;

interface Case {
  service: Service;
  refusal: Refusal | null;
  range: Range;
  /** All that there are. */
  services: readonly Service[];
}

/** What somebody got who asked for a service, judged by the world that it was asked of. */
export function judge(scene: Scene, { service, refusal, range, services }: Case): Verdict {
  if (service.status === 'running') return 'runs';
  const isHeld = claimsOf(service).some((claim) => neighboursOf(scene, service, claim).blocking.size > 0);
  if (service.waits && isHeld) return 'waits for a port that is held';
  if (refusal?.code === 'ENV_UNRESOLVED' && isToldOfNone(service, services)) return 'is told of one that has no port';
  return isShort(scene, { service, refusal, range }) ? 'no port is left' : 'was refused without need';
}

const isAnywhere = ({ lease, hostPort }: Service['endpoints'][number]) => lease === null && hostPort === 'auto';

function isToldOfNone({ env }: Service, services: readonly Service[]): boolean {
  const told = services.filter(({ name }) => Object.values(env).includes(`\${services.${name}.url}`));
  return told.some(({ endpoints: [first] }) => first !== undefined && isAnywhere(first));
}

/** The range has fewer ports left than the service needs: for what was refused, and for what takes any. */
function isShort(scene: Scene, { service, refusal, range }: Omit<Case, 'services'>): boolean {
  const refused = new Set(refusal?.conflicts.map(({ wanted }) => wanted.endpoint));
  const needy = service.endpoints.filter((endpoint) => refused.has(endpoint.name) || isAnywhere(endpoint));
  // What it asks for at its other endpoints is spoken for.
  const wishes = claimsOf(service).map(({ protocol, port }) => ({ who: `service ${service.name}`, protocol, port }));
  const crowded: Scene = { ...scene, promises: [...scene.promises, ...wishes] };
  return needy.some(({ protocol }) => {
    const needed = needy.filter((one) => one.protocol === protocol).length;
    return countFree(crowded, range, protocol) < needed;
  });
}
