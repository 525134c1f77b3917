import { spawn } from 'node:child_process';
import { platform } from 'node:os';

function opener(env: NodeJS.ProcessEnv): [program: string, ...args: string[]] {
  if (env.BROWSER !== undefined && env.BROWSER !== '') return [env.BROWSER];
  if (platform() === 'darwin') return ['open'];
  if (platform() === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  return ['xdg-open'];
}

/**
 * Hands a URL to the user's browser: `BROWSER` if that is set, else what the platform has. Only http and https are handed on.
 *
 * Resolves to false when no such program could be started; it does not wait for the browser.
 */
export function openInBrowser(url: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  if (!/^https?:\/\//.test(url)) return Promise.resolve(false);
  const [program, ...args] = opener(env);
  return new Promise((resolve) => {
    const child = spawn(program, [...args, url], { detached: true, stdio: 'ignore', env });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
