import type { ServiceDraft } from './service-draft.ts';
import { joinWords } from './words.ts';

/** The draft as a command: what the form would do, as a script would. */
export function createCommand(draft: ServiceDraft): string {
  const words = ['clos', 'create', draft.name.trim() || 'NAME', '--image', draft.image.trim() || 'IMAGE'];
  for (const { name, hostPort, containerPort, protocol } of draft.endpoints) {
    if (containerPort.trim() === '') continue;
    const named = name.trim() === '' || name.trim() === 'http' ? '' : `${name.trim()}=`;
    words.push('-p', `${named}${hostPort.trim() || 'auto'}:${containerPort.trim()}${protocol === 'udp' ? '/udp' : ''}`);
  }
  for (const line of draft.env.split('\n')) if (line.trim() !== '') words.push('-e', line);
  if (draft.memory.trim() !== '') words.push('--memory', draft.memory.trim());
  if (draft.cpus.trim() !== '') words.push('--cpus', draft.cpus.trim());
  if (draft.healthPath !== '') words.push('--health-path', draft.healthPath);
  const line = joinWords(words);
  return draft.command.trim() === '' ? line : `${line} -- ${draft.command.trim()}`;
}
