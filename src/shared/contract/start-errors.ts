import type { ErrorCode } from './errors.ts';

/** What may keep any command from having a service running. */
export const startErrors = [
  'SERVICE_BUSY',
  'OPERATION_CANCELLED',
  'PORT_CONFLICT',
  'RANGE_EXHAUSTED',
  'CONTAINER_POLICY',
  'IMAGE_NOT_FOUND',
  'CONTAINER_NOT_FOUND',
  'CONTAINER_NAME_TAKEN',
  'CONTAINER_FAILED',
  'ENGINE_UNAVAILABLE',
  'ENGINE_TIMEOUT',
  'ENGINE_ERROR',
  'PROCESS_FAILED',
  'PROCESS_STUCK',
  'PROCESS_GONE',
  'PROCESS_PROTECTED',
  'ENV_UNRESOLVED',
  'NOT_DRIVEN',
  'IDEMPOTENCY_KEY_REUSED',
] as const satisfies readonly ErrorCode[];
