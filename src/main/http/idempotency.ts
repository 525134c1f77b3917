/** An answer that can be given again. */
export interface StoredAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Where answers to commands with an Idempotency-Key are kept. The api module has one, on core.db. */
export interface IdempotencyStore {
  /**
   * Claims a key for a request. Returns the stored answer when the command ran before, `claimed` when it may run now. Throws
   * IDEMPOTENCY_KEY_REUSED for another request under the same key, SERVICE_BUSY while the first one still runs.
   */
  claim(key: { principal: string; key: string; fingerprint: string }): Promise<StoredAnswer | 'claimed'>;
  finish(key: { principal: string; key: string }, answer: StoredAnswer): Promise<void>;
  /** Forgets a claim whose command failed inside CLOS, so that it can be tried again. */
  release(key: { principal: string; key: string }): Promise<void>;
}
