import type { Logger } from 'pino';
import { newId } from '#shared/base/ids.ts';
import { ClosError, isClosError } from '#shared/contract/clos-error.ts';
import type { Actor, Operation, OperationStep, OperationType, Subject } from '#shared/contract/operations.ts';
import type { CoreDb } from '../../../database/core-db.ts';
import { appendEvent } from '../../../database/events.ts';
import type { WriteDb } from '../../../database/handle.ts';
import { type Inverse, putOperation, setUndo } from '../../../database/operations.ts';
import type { Provenance } from '../access/actors.ts';

/** One running command, as its work sees it. */
export interface Command extends Provenance {
  readonly operation: Operation;
  /** Aborted when somebody has cancelled the command: for what takes long within one step. */
  readonly signal: AbortSignal;
  /** Runs one named step; how it went is in the operation. Rejects with OPERATION_CANCELLED instead when somebody has cancelled. */
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** What a step has to say: a pull's percentage, the port that was chosen. */
  say(detail: string, progress?: number): void;
  /** Takes a further service for the rest of the command. SERVICE_BUSY when another command has it. */
  hold(service: { id: string; name: string }): void;
  /**
   * Stores how to put back what comes next, before it is done: the last thing to be done is the first to be put back. What was
   * stored stays, whatever becomes of the command.
   */
  remember(inverses: readonly Inverse[]): Promise<void>;
  log: Logger;
}

export interface CommandRequest<Result = void> {
  type: OperationType;
  subject: Subject;
  actor: Actor;
  /** The services that nothing else may touch meanwhile. */
  services: ReadonlyArray<{ id: string; name: string }>;
  /** Joins the transaction that records the intent. */
  intent?(db: WriteDb, command: Command): void;
  work(command: Command): Promise<Result>;
  /** Joins the transaction that records the success, with what the work came to. */
  done?(db: WriteDb, command: Command, result: Result): void;
  /** Joins the transaction that records the failure. */
  failed?(db: WriteDb, command: Command, error: ClosError): void;
  /** How long to wait for the end before answering with the running operation. */
  waitMs: number;
  log: Logger;
}

export interface Commands {
  /**
   * Records the intent, does the work, records the outcome. Resolves with the operation when it succeeded or when it outlasts
   * `waitMs`; rejects with the failure, which carries the operation's id. SERVICE_BUSY when another command has the service.
   */
  run<Result>(request: CommandRequest<Result>): Promise<Operation>;
  /** The command that has a service now. */
  current(serviceId: string): Operation | null;
  /** A running operation with its latest steps. */
  find(id: string): Operation | null;
  /** Has a running command end before its next step. False when there is none with this id. */
  cancel(id: string, by: Actor): boolean;
  /** Resolves when no command runs. */
  idle(): Promise<void>;
}

function expected(error: unknown): ClosError {
  return isClosError(error)
    ? error
    : new ClosError('INTERNAL', 'The command failed inside CLOS. The log has the details.', { cause: error });
}

/** The operations that were only planned look like recorded ones, with steps that were not done. */
export function plannedOperation(
  request: Pick<CommandRequest, 'type' | 'subject' | 'actor'>,
  steps: OperationStep[],
): Operation {
  const now = new Date().toISOString();
  return {
    id: newId('op'),
    type: request.type,
    subject: request.subject,
    actor: request.actor,
    status: 'succeeded',
    dryRun: true,
    progress: 0,
    steps,
    conflicts: [],
    error: null,
    startedAt: now,
    finishedAt: now,
    undoable: false,
  };
}

export function createCommands(db: CoreDb): Commands {
  const running = new Map<string, { operation: Operation; end: Promise<void>; control: AbortController }>();
  const busy = new Map<string, Operation>();

  function emit(write: WriteDb, type: 'operation.started' | 'operation.finished', operation: Operation): void {
    putOperation(write, operation);
    appendEvent(write, {
      type,
      subject: { type: 'operation', id: operation.id, name: operation.subject.name },
      actor: operation.actor,
      cause: null,
      data: { operation },
    });
  }

  function hold(service: { id: string; name: string }, operation: Operation): void {
    const other = busy.get(service.id);
    if (other !== undefined && other !== operation) {
      throw new ClosError(
        'SERVICE_BUSY',
        `${service.name} is busy: ${other.type} by ${other.actor.name} has not ended.`,
        { extra: { operationId: other.id } },
      );
    }
    busy.set(service.id, operation);
  }

  function letGo(operation: Operation): void {
    for (const [id, holder] of busy) if (holder === operation) busy.delete(id);
  }

  function createCommand(request: Omit<CommandRequest, 'work' | 'done'>, signal: AbortSignal): Command {
    const undo: Inverse[] = [];
    const operation: Operation = {
      ...plannedOperation(request, []),
      dryRun: false,
      status: 'running',
      finishedAt: null,
    };
    return {
      operation,
      signal,
      actor: request.actor,
      cause: { type: 'operation', id: operation.id },
      log: request.log.child({ operationId: operation.id }),
      say(detail, progress) {
        const step = operation.steps.at(-1);
        if (step !== undefined) step.detail = detail;
        if (progress !== undefined) operation.progress = progress;
      },
      hold: (service) => hold(service, operation),
      async remember(inverses) {
        undo.unshift(...inverses);
        await db.commit((write) => setUndo(write, operation.id, undo));
        operation.undoable = undo.length > 0;
      },
      async step(name, work) {
        signal.throwIfAborted();
        const step: OperationStep = { name, status: 'running', detail: null };
        operation.steps.push(step);
        try {
          const result = await work();
          step.status = 'succeeded';
          return result;
        } catch (error) {
          step.status = 'failed';
          step.detail = error instanceof Error ? error.message : String(error);
          throw error;
        }
      },
    };
  }

  async function finish(
    { operation }: Command,
    error: ClosError | null,
    record: (write: WriteDb) => void,
  ): Promise<void> {
    operation.status = error === null ? 'succeeded' : error.code === 'OPERATION_CANCELLED' ? 'cancelled' : 'failed';
    operation.progress = error === null ? 1 : operation.progress;
    operation.error = error === null ? null : { code: error.code, detail: error.message };
    operation.finishedAt = new Date().toISOString();
    await db.commit((write) => {
      record(write);
      emit(write, 'operation.finished', operation);
    });
  }

  /** Does the work and records its end. Rejects with the failure. */
  async function execute<Result>(request: CommandRequest<Result>, command: Command): Promise<void> {
    try {
      try {
        const result = await request.work(command);
        await finish(command, null, (write) => request.done?.(write, command, result));
      } catch (thrown) {
        const error = command.signal.aborted ? (command.signal.reason as ClosError) : expected(thrown);
        if (error.code === 'INTERNAL') command.log.error({ err: error.cause }, error.message);
        await finish(command, error, (write) => request.failed?.(write, command, error));
        throw new ClosError(error.code, error.message, {
          cause: error,
          errors: error.errors,
          extra: { ...error.extra, operationId: command.operation.id },
        });
      }
    } finally {
      letGo(command.operation);
      running.delete(command.operation.id);
    }
  }

  return {
    async run(request) {
      const control = new AbortController();
      const command = createCommand(request, control.signal);
      const { operation } = command;
      try {
        for (const service of request.services) hold(service, operation);
        await db.commit((write) => {
          emit(write, 'operation.started', operation);
          request.intent?.(write, command);
        });
      } catch (error) {
        letGo(operation);
        throw error;
      }
      const work = execute(request, command);
      running.set(operation.id, { operation, control, end: work.catch(() => undefined) });
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, request.waitMs);
      });
      // When the caller's patience ends first, the failure is in the record; nobody is left to take the rejection.
      work.catch(() => undefined);
      try {
        await Promise.race([work, patience]);
      } finally {
        clearTimeout(timer);
      }
      return structuredClone(operation);
    },
    current: (serviceId) => busy.get(serviceId) ?? null,
    find: (id) => running.get(id)?.operation ?? null,
    cancel(id, by) {
      const command = running.get(id);
      command?.control.abort(new ClosError('OPERATION_CANCELLED', `Cancelled by ${by.name}.`));
      return command !== undefined;
    },
    async idle() {
      await Promise.all([...running.values()].map(({ end }) => end));
    },
  };
}
