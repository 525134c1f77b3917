/** One HTTP exchange, however it travels. */
export interface TransportRequest {
  method: string;
  /** Path and query. */
  path: string;
  headers: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
}

export interface TransportResponse {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string>;
  /** The whole body as text; for `stream: true` an empty string. */
  body: string;
  /** Chunks of the body as they arrive, only for `stream: true` and a 2xx. */
  chunks?: AsyncIterable<string>;
}

/**
 * Carries requests. Rejects with a `ClosError` of code `CLOS_UNREACHABLE` when no answer can be had, and with the signal's
 * reason when the caller gave up.
 */
export interface Transport {
  request(request: TransportRequest, options?: { stream?: boolean }): Promise<TransportResponse>;
}
