/**
 * The name of a service's container: readable in the engine's own tools, and its own even when two homes share an engine.
 */
export function containerName(service: { id: string; name: string }): string {
  return `clos-${service.name}-${service.id.slice(-6)}`;
}

/** The name that the old container has while a new one takes its place. */
export function retiredName(service: { id: string; name: string }): string {
  return `${containerName(service)}-old`;
}
