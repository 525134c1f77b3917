import { sizeText } from '#shared/base/units.ts';
import { fail, type Judged, ok, warn } from './finding.ts';

/** What the file system says of the home; null where it is not there. */
export interface HomeFacts {
  root: string;
  found: { mode: number; mine: boolean; isFolder: boolean } | null;
  platform: NodeJS.Platform;
}

/** Whether the home is there, ours, and ours alone: the keys in it open everything. */
export function judgeHome({ root, found, platform }: HomeFacts): Judged {
  if (found === null) return warn(`${root} is not there yet.`, 'clos serve makes it.');
  if (!found.isFolder) return fail(`${root} is no folder.`, 'Choose another home with --home DIR or CLOS_HOME.');
  // Windows has no such bits: its folders of a user are that user's own.
  if (platform === 'win32') return ok(root);
  if (!found.mine) return fail(`${root} belongs to another user.`, 'Choose another home with --home DIR or CLOS_HOME.');
  if ((found.mode & 0o077) === 0) return ok(`${root} is for you alone`);
  const mode = (found.mode & 0o777).toString(8).padStart(3, '0');
  return fail(`${root} is open to others (mode ${mode}), and your keys are in it.`, `chmod 700 '${root}'`);
}

const fewBytes = 100 * 1024 ** 2;
const enoughBytes = 1024 ** 3;

/** Whether there is room for what CLOS writes: a full disk stops every change. */
export function judgeSpace(freeBytes: number): Judged {
  const room = sizeText(freeBytes);
  if (freeBytes >= enoughBytes) return ok(`${room} are free`);
  const advice = 'Make room on the disk; see what CLOS keeps: clos backups';
  const reason = `Only ${room} are free on the disk of the home.`;
  return freeBytes >= fewBytes ? warn(reason, advice) : fail(reason, advice);
}
