import { z } from 'zod';
import { defineOperation } from './operation-definition.ts';
import { conflictPolicySchema } from './service-spec.ts';

/** Names one program of this machine, so that a rule about it can be no wider than that. */
export const programRuleSchema = z.strictObject({
  name: z.string().min(1).max(64).describe("The program's name as CLOS shows it: node, vite, postgres"),
  commandContains: z.string().min(1).max(200).optional().describe('Only where the command line contains this text'),
});
export type ProgramRule = z.output<typeof programRuleSchema>;

export const conflictSettingsSchema = z.strictObject({
  onConflict: conflictPolicySchema.default('ask').describe('For every service that says "default"'),
  mayEnd: z
    .array(programRuleSchema)
    .max(100)
    .default([])
    .describe('Programs that "takeover" may end. No other process is ever ended without a person'),
  protect: z.array(programRuleSchema).max(100).default([]).describe('Programs that CLOS never ends, whoever asks'),
});
export type ConflictSettings = z.output<typeof conflictSettingsSchema>;

/** True when a rule names this process. */
export function matchesRule(rule: ProgramRule, process: { name: string; command: string | null }): boolean {
  if (rule.name !== process.name) return false;
  return rule.commandContains === undefined || (process.command ?? '').includes(rule.commandContains);
}

export const settings = {
  conflicts: defineOperation({
    id: 'settings.conflicts',
    method: 'GET',
    path: '/api/v2/settings/conflicts',
    summary: 'What happens when a port is taken, unless a service says otherwise',
    module: 'api',
    access: { permission: 'conflicts:read' },
    output: conflictSettingsSchema.strip(),
    errors: [],
  }),
  putConflicts: defineOperation({
    id: 'settings.putConflicts',
    method: 'PUT',
    path: '/api/v2/settings/conflicts',
    summary: 'Replace these settings',
    module: 'api',
    access: { permission: 'system:admin' },
    body: conflictSettingsSchema,
    output: conflictSettingsSchema.strip(),
    errors: [],
  }),
};
