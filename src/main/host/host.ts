import { accessSync, constants } from 'node:fs';
import { BindOnlyHost } from './bind-only-host.ts';
import { LinuxHost } from './linux/linux-host.ts';
import { MacHost, macosTools } from './macos/mac-host.ts';
import type { Host } from './platform.ts';
import { WindowsHost, windowsTools } from './windows/windows-host.ts';

/**
 * The host that this process runs on. A platform without support, or without one of its own tools, answers through bind probes
 * only and says so.
 */
export function createHost(platform: NodeJS.Platform = process.platform): Host {
  switch (platform) {
    case 'linux':
      return new LinuxHost();
    case 'darwin':
      return withTools(platform, Object.values(macosTools)) ?? new MacHost();
    case 'win32':
      return withTools(platform, Object.values(windowsTools())) ?? new WindowsHost();
    default:
      return new BindOnlyHost(platform);
  }
}

/** Null when all tools are there. */
function withTools(platform: NodeJS.Platform, programs: readonly string[]): Host | null {
  const missing = programs.find((program) => !isProgram(program));
  return missing === undefined
    ? null
    : new BindOnlyHost(platform, `CLOS cannot list sockets and processes without ${missing}`);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
