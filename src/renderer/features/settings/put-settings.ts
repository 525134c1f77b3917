import { useMutation } from '@tanstack/react-query';
import { contract } from '#shared/contract/contract.ts';
import type { ConflictSettings } from '#shared/contract/settings.ts';
import { client } from '../../lib/connection.ts';
import { markStale } from '../../lib/invalidator.ts';
import { operationQuery, queryClient } from '../../lib/query.ts';
import { tellFailure } from '../../lib/tell.ts';
import { showToast } from '../../lib/toasts.ts';

/** One change of the settings: what they are then, what was done in words, and the same on the command line. */
export interface SettingsChange {
  next: ConflictSettings;
  title: string;
  command: string;
}

const { queryKey } = operationQuery(contract.settings.conflicts);

async function put(settings: ConflictSettings): Promise<void> {
  queryClient.setQueryData(queryKey, await client.settings.putConflicts(settings));
}

async function putBack(before: ConflictSettings): Promise<void> {
  try {
    await put(before);
    showToast({ tone: 'plain', title: 'Undone', subject: 'settings' });
  } catch (error) {
    tellFailure('It could not be undone', error, 'settings');
  }
}

/** Saves a change at once, with Undo. It shows before it is saved, and goes again if it cannot be. */
export function usePutSettings() {
  return useMutation({
    mutationFn: ({ next }: SettingsChange) => put(next),
    onMutate: ({ next }) => {
      const before = queryClient.getQueryData(queryKey);
      queryClient.setQueryData(queryKey, next);
      return { before };
    },
    onSuccess: (_nothing, { title, command }, { before }) =>
      showToast({
        tone: 'plain',
        subject: 'settings',
        title,
        command,
        ...(before === undefined ? {} : { undo: () => void putBack(before) }),
      }),
    onError: (error, _change, context) => {
      queryClient.setQueryData(queryKey, context?.before);
      tellFailure('The settings were not changed', error, 'settings');
    },
    onSettled: () => markStale([contract.settings.conflicts.id]),
  });
}
