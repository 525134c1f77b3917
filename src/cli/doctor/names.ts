import { isLoopback } from './addresses.ts';
import { fail, type Judged, ok, warn } from './finding.ts';
import { hostsCommand } from './hosts-file.ts';

/** What the system's resolver said to a name: its addresses, or the code of its error. */
export type Resolution = { addresses: readonly string[] } | { error: string };

export interface Answered {
  name: string;
  answer: Resolution;
}

const addressesIn = (answer: Resolution) => ('addresses' in answer ? answer.addresses : []);
const namesOf = (answered: readonly Answered[]) => answered.map(({ name }) => name).join(' and ');

/** Those that nobody here resolves. */
export function missing<A extends Answered>(answered: readonly A[]): A[] {
  return answered.filter(({ answer }) => addressesIn(answer).length === 0);
}

/**
 * Whether programs that ask the system reach names on this machine and nowhere else. Browsers and curl do not ask: RFC 6761, 6.3,
 * lets them take every name below `localhost` for the loopback address. `toAdd` are those that would belong in the hosts file.
 */
export function judgeNames(
  answered: readonly Answered[],
  { toAdd, platform }: { toAdd: readonly string[]; platform: NodeJS.Platform },
): Judged[] {
  const lost = missing(answered);
  const found = answered.filter((one) => !lost.includes(one));
  const away = found.filter(({ answer }) => !addressesIn(answer).every(isLoopback));
  const here = found.filter((one) => !away.includes(one));
  const why = [...new Set(lost.map(({ answer }) => ('error' in answer ? answer.error : 'no address')))].join(', ');
  return [
    ...here.map(({ name, answer }) => ok(`${name} is ${addressesIn(answer).join(' and ')}`)),
    ...away.map(({ name, answer }) =>
      fail(
        `${name} is ${addressesIn(answer).join(' and ')} here, which is not only this machine.`,
        'A name server answers for it: have it leave the names below localhost alone, or add the name to the hosts file.',
      ),
    ),
    ...(lost.length === 0
      ? []
      : [
          warn(
            `Node and others that ask the system do not find ${namesOf(lost)} (${why}). Browsers and curl find them by themselves.`,
            `Use clos url SERVICE --for node there, or add the names: ${hostsCommand(toAdd, platform)}`,
          ),
        ]),
  ];
}
