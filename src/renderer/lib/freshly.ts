/** Milliseconds between two readings. */
const lookEveryMs = 3000;

/**
 * How something is kept fresh of which no event tells that it has changed: it is read at once when somebody comes back to the window,
 * and then again and again, but only while somebody looks at it.
 */
export const freshly = { staleTime: 0, refetchInterval: lookEveryMs, refetchOnWindowFocus: 'always' } as const;
