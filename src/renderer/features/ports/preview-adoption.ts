import { useMutation } from '@tanstack/react-query';
import type { AdoptInput } from '../../lib/adopt.ts';
import { client } from '../../lib/connection.ts';

/** What an adoption would do, step by step; changes nothing. */
export function usePreviewAdoption() {
  return useMutation({
    mutationFn: ({ name, ...input }: AdoptInput) =>
      client.services.adopt({ ...input, ...(name === undefined ? {} : { name }), dryRun: true }),
  });
}
