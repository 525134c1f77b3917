import { z } from 'zod';
import { defineOperation } from './operation-definition.ts';
import { pageOf, pageQuery, seqSchema, timeSchema } from './primitives.ts';

/** A copy of the database that was read whole and found sound. */
export const backupSchema = z.object({
  name: z.string(),
  path: z.string(),
  seq: seqSchema.describe('The newest event that it holds'),
  version: z.int().describe('How many migrations it has seen'),
  bytes: z.int(),
  madeAt: timeSchema,
  beforeMigration: z.int().nullable().describe('The migration that it was made before; null for a regular one'),
});

export const restoredSchema = z.object({
  backup: z.string().describe('What is in its place now'),
  reason: z.string(),
  setAside: z.string().describe('The folder with what was there before'),
});

export const backups = {
  list: defineOperation({
    id: 'backups.list',
    method: 'GET',
    path: '/api/v2/backups',
    summary: 'List the backups of the database, newest first',
    module: 'api',
    access: { permission: 'system:read' },
    query: z.strictObject(pageQuery),
    output: pageOf(backupSchema),
    volatile: true,
    errors: [],
  }),
  make: defineOperation({
    id: 'backups.make',
    method: 'POST',
    path: '/api/v2/backups',
    summary: 'Make a backup of the database now, verified before it counts as one',
    module: 'api',
    access: { permission: 'system:admin' },
    output: backupSchema,
    status: 201,
    errors: ['BACKUP_FAILED'],
  }),
};
