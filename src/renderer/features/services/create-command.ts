import { joinWords, readWords } from '../../lib/words.ts';
import type { EndpointDraft, ServiceDraft } from './service-draft.ts';

/** `web=3000:80/udp`, or without a port inside `web=3000`, `db=5432/postgres`. */
function publishWord({ name, hostPort, containerPort, protocol, scheme }: EndpointDraft, inside: boolean): string {
  const spoken = protocol === 'udp' ? 'udp' : scheme.trim();
  // Without a name the command line calls what speaks TCP by its scheme.
  const usual = protocol === 'udp' ? '' : spoken || 'http';
  const named = name.trim() === '' || name.trim() === usual ? '' : `${name.trim()}=`;
  const port = hostPort.trim() || 'auto';
  return `${named}${port}${inside ? `:${containerPort.trim()}` : ''}${spoken === '' ? '' : `/${spoken}`}`;
}

/** The draft as a command: what the form would do, as a script would. */
export function createCommand(draft: ServiceDraft): string {
  const { type } = draft;
  const words = ['clos', 'create', draft.name.trim() || 'NAME'];
  if (type === 'container') words.push('--image', draft.image.trim() || 'IMAGE');
  if (type === 'external') words.push('--external');
  for (const endpoint of draft.endpoints) {
    if (type === 'container' && endpoint.containerPort.trim() !== '') words.push('--port', publishWord(endpoint, true));
    if (type !== 'container') words.push('--port', publishWord(endpoint, false));
  }
  if (type === 'process' && draft.cwd.trim() !== '') words.push('--cwd', draft.cwd.trim());
  if (type !== 'external') for (const line of draft.env.split('\n')) if (line.trim() !== '') words.push('-e', line);
  if (type === 'container') {
    if (draft.memory.trim() !== '') words.push('--memory', draft.memory.trim());
    if (draft.cpus.trim() !== '') words.push('--cpus', draft.cpus.trim());
  }
  if (draft.healthPath !== '') words.push('--health-path', draft.healthPath);
  if (draft.restart !== 'no') words.push('--restart', draft.restart);
  if (draft.onConflict !== 'default') words.push('--on-conflict', draft.onConflict);
  if (type !== 'external' && draft.startOnVisit) words.push('--start-on-visit');
  const command = type === 'external' ? [] : readWords(draft.command).words;
  return joinWords(command.length === 0 ? words : [...words, '--', ...command]);
}
