import { existsSync } from 'node:fs';
import { platform } from 'node:os';
import { onPath, type Part, type Prerequisite, prerequisites } from '../../tests/support/prerequisites.ts';
import { run } from './run.ts';

/** What the parts need and this machine lacks. */
export function missingFor(parts: readonly Part[]): Prerequisite[] {
  return prerequisites.filter((one) => one.neededBy.some((part) => parts.includes(part)) && !one.isThere());
}

/**
 * Installs what is missing where that can be done without asking (as root on Debian and Ubuntu), and says so; elsewhere says
 * which command would do it. Returns what is still missing.
 */
export async function install(missing: readonly Prerequisite[]): Promise<Prerequisite[]> {
  if (missing.length === 0) return [];
  const names = missing.map((one) => one.name).join(', ');
  const packages = missing.flatMap((one) => one.apt);
  const isRoot = process.getuid?.() === 0;
  if (existsSync('/etc/debian_version') && isRoot && onPath('apt-get') !== undefined) {
    process.stdout.write(`The tests need ${names}. Installing: ${packages.join(' ')}\n`);
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    await run(['apt-get', 'update', '-q'], { env });
    await run(['apt-get', 'install', '-y', '-q', '--no-install-recommends', ...packages], { env });
  } else {
    process.stdout.write(`The tests need ${names}, which this machine does not have. ${adviceFor(missing)}\n`);
  }
  return missing.filter((one) => !one.isThere());
}

/** How to install what is missing on this kind of machine. */
function adviceFor(missing: readonly Prerequisite[]): string {
  if (platform() === 'linux')
    return `On Debian and Ubuntu: sudo apt-get install ${missing.flatMap((one) => one.apt).join(' ')}`;
  const brew = missing.flatMap((one) => one.brew ?? []);
  if (platform() === 'darwin' && brew.length > 0) return `To install: ${brew.join(' && ')}`;
  return 'They run on Linux: take WSL 2 or a virtual machine.';
}
