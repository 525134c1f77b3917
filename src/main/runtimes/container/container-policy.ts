import type { ContainerBody } from './container-body.ts';
export interface PolicyOptions { readonly protectedPaths?: readonly string[] }
export async function assertAllowed(_body: ContainerBody, _options: PolicyOptions = {}): Promise<void> {}
