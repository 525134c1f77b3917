import { newId } from '#shared/base/ids.ts';
import { contract } from '#shared/contract/contract.ts';
import type { Operation } from '#shared/contract/operations.ts';
import { commandLines } from './commands.ts';
import { client } from './connection.ts';
import { markStale } from './invalidator.ts';
import { problemOf } from './problems.ts';
import { showToast } from './toasts.ts';
import { operationEnd } from './watch-operation.ts';

/** A failure as a note: what could not be done, and why. */
export function tellFailure(title: string, error: unknown, subject?: string): void {
  const { what, why } = problemOf(error);
  showToast({
    tone: 'failed',
    title,
    detail: why === what ? why : `${what}: ${why}`,
    ...(subject === undefined ? {} : { subject }),
  });
}

export interface OutcomeWords {
  done: string;
  failed: string;
  /** The same on the command line. */
  command?: string;
  /** What it is about; a newer note about the same takes its place. */
  subject?: string;
}

/** How an operation ended, as a note; with Undo where what it changed can be put back. */
export function tellOutcome(operation: Operation, { done, failed, command, subject }: OutcomeWords): void {
  const about = subject === undefined ? {} : { subject };
  if (operation.status === 'succeeded') {
    showToast({
      tone: 'plain',
      title: done,
      ...about,
      ...(command === undefined ? {} : { command }),
      ...(operation.undoable ? { undo: () => void undoOperation(operation.id) } : {}),
    });
    return;
  }
  const detail = operation.error?.detail;
  showToast({ tone: 'failed', title: failed, ...about, ...(detail === undefined ? {} : { detail }) });
}

/** Seconds that the server may keep the answer back. */
const waitSeconds = 10;

/** Has a running operation end before its next step. Whoever watches it sees its end; only a refusal is told. Never rejects. */
export async function cancelOperation(id: string): Promise<void> {
  try {
    await client.operations.cancel({ id });
  } catch (error) {
    tellFailure('It could not be cancelled', error, id);
  }
}

/** Puts back what an operation changed, and tells how that went. Never rejects. */
export async function undoOperation(id: string): Promise<void> {
  const failed = 'It could not be undone';
  try {
    const begun = await client.operations.undo({ id }, { idempotencyKey: newId('req'), waitSeconds });
    tellOutcome(await operationEnd(begun), { done: 'Undone', failed, command: commandLines.undo(id), subject: id });
  } catch (error) {
    tellFailure(failed, error, id);
  } finally {
    markStale([
      contract.operations.get.id,
      contract.operations.list.id,
      contract.services.list.id,
      contract.services.get.id,
      contract.ports.map.id,
      contract.ports.who.id,
      contract.conflicts.list.id,
      contract.conflicts.get.id,
    ]);
  }
}
