import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Operation } from '#shared/contract/operations.ts';
import { operationEnd } from './watch-operation.ts';

/** A command that is given from here, followed to its end. */
export interface OperationRun<I> {
  begin(input: I): void;
  /** As it goes; null before it began, and while its beginning is waited for. */
  operation: Operation | null;
  isPending: boolean;
  /** Why it could not begin; null otherwise. */
  error: unknown;
  reset(): void;
}

/** Seconds that the server may keep the answer back: longer work is watched instead, step by step. */
export const watchAfterSeconds = 1;

/** `begin` gives the command; `onEnd` hears how it ended, well or not. */
export function useOperationRun<I>(
  begin: (input: I) => Promise<Operation>,
  onEnd?: (operation: Operation, input: I) => void,
): OperationRun<I> {
  const [operation, setOperation] = useState<Operation | null>(null);
  const run = useMutation({
    mutationFn: async (input: I) => {
      setOperation(null);
      return await operationEnd(await begin(input), setOperation);
    },
    onSuccess: (ended, input) => onEnd?.(ended, input),
  });
  return {
    begin: run.mutate,
    operation,
    isPending: run.isPending,
    error: run.error,
    reset: () => {
      setOperation(null);
      run.reset();
    },
  };
}
