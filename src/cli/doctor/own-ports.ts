import { fail, type Judged, ok, warn } from './finding.ts';

/** A port of CLOS itself. */
export interface OwnPort {
  name: string;
  port: number;
  /** 0 takes any. */
  preferred: number;
  /** What answers there has proved to be this CLOS. */
  proved: boolean;
  /** Who holds the preferred one instead, in one name. */
  owner: string | null;
}

/** Whether a part of CLOS got the port that it prefers, and whether it is what answers there. */
export function judgeOwnPort({ name, port, preferred, proved, owner }: OwnPort): Judged {
  if (!proved) {
    return fail(`What answers at :${port} is not this CLOS.`, `See who does: clos who ${port}. Then start CLOS again.`);
  }
  if (preferred === 0 || preferred === port) return ok(`:${port}`);
  const variable = `CLOS_${name.toUpperCase()}_PORT`;
  const held = owner === null || owner === 'nobody' ? 'which was taken when it started' : `which ${owner} has`;
  return warn(
    `:${port} in place of :${preferred}, ${held}.`,
    owner === null || owner === 'nobody'
      ? 'Start CLOS again to have it back.'
      : `See who: clos who ${preferred}. End it and start CLOS again, or choose another port with ${variable}.`,
  );
}
