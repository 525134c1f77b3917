type Named = { id: string; name: string; adoptedContainer?: string | null };

/**
 * The name of a service's container: readable in the engine's own tools, and its own even when two homes share an engine. A
 * container that was adopted keeps the name that it had.
 */
export function containerName(service: Named): string {
  return service.adoptedContainer ?? `clos-${service.name}-${service.id.slice(-6)}`;
}

/** The name that the old container has while a new one takes its place. */
export function retiredName(service: Named): string {
  return `${containerName(service)}-old`;
}
