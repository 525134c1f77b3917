import { ClosError } from '#shared/contract/clos-error.ts';
import type { CoreDb } from '../../../database/core-db.ts';
import {
  claimIdempotencyKey,
  findIdempotencyKey,
  finishIdempotencyKey,
  releaseIdempotencyKey,
} from '../../../database/idempotency.ts';
import type { IdempotencyStore } from '../../../http/idempotency.ts';

/** Answers under Idempotency-Keys in core.db, so that a repeated command is recognised after a crash too. */
export function createIdempotencyStore(db: CoreDb): IdempotencyStore {
  return {
    claim: ({ principal, key, fingerprint }) =>
      db.commit((write) => {
        const row = findIdempotencyKey(write, { principal, key });
        if (row === undefined) {
          claimIdempotencyKey(write, { principal, key, fingerprint });
          return 'claimed';
        }
        if (row.fingerprint !== fingerprint) {
          throw new ClosError(
            'IDEMPOTENCY_KEY_REUSED',
            'This Idempotency-Key came with another request before. Use a new one.',
          );
        }
        if (row.status === null) {
          throw new ClosError('SERVICE_BUSY', 'The command with this Idempotency-Key still runs.');
        }
        return { status: row.status, headers: JSON.parse(row.headers ?? '{}'), body: row.body ?? '' };
      }),
    finish: (key, answer) =>
      db.commit((write) =>
        finishIdempotencyKey(write, key, {
          status: answer.status,
          headers: JSON.stringify(answer.headers),
          body: answer.body,
        }),
      ),
    release: (key) => db.commit((write) => releaseIdempotencyKey(write, key)),
  };
}
