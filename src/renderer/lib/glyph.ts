import type { ServiceStatus } from '#shared/contract/services.ts';

/** What has a shape of its own. */
export type GlyphStatus = ServiceStatus | 'conflict';
