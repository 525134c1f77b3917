import { describe, expect, it } from 'vitest';
import { errorTable, isErrorCode } from '#shared/contract/errors.ts';
import { exitCodeOf, exitCodeOfStatus, exitCodes } from '../../../src/cli/exit-codes.ts';

describe('exit codes', () => {
  it('give every error of the contract a code that is not success', () => {
    const codes = Object.keys(errorTable).filter(isErrorCode);
    const known: number[] = Object.values(exitCodes).filter((code) => code !== exitCodes.done);
    expect(codes.filter((code) => !known.includes(exitCodeOf(code)))).toEqual([]);
    expect(codes).toHaveLength(Object.keys(errorTable).length);
  });

  it('say the same as the table that people read', () => {
    expect({
      conflict: exitCodeOf('PORT_CONFLICT'),
      unreachable: exitCodeOf('CLOS_UNREACHABLE'),
      missing: exitCodeOf('SERVICE_NOT_FOUND'),
      forbidden: exitCodeOf('NOT_SIGNED_IN'),
      malformed: exitCodeOf('INVALID_INPUT'),
      engine: exitCodeOf('ENGINE_UNAVAILABLE'),
    }).toEqual({ conflict: 4, unreachable: 5, missing: 3, forbidden: 6, malformed: 2, engine: 1 });
  });

  it('follow the status where an answer carries no error code', () => {
    const statuses = [200, 204, 304, 400, 401, 403, 404, 408, 409, 412, 421, 422, 429, 500, 503];
    expect(statuses.map(exitCodeOfStatus)).toEqual([0, 0, 0, 2, 6, 6, 3, 1, 4, 4, 6, 2, 1, 1, 1]);
  });
});
