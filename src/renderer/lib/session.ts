import { createStore } from './store.ts';

const storageKey = 'clos.token';

/**
 * The browser's bearer token.
 *
 * It lives in sessionStorage, for this tab: what localStorage keeps could be read by any program that listens on the dashboard's
 * port while CLOS is not running, because to a browser it would be the same site.
 */
export const sessionToken = createStore<string | null>(sessionStorage.getItem(storageKey));

export function keepToken(token: string): void {
  sessionStorage.setItem(storageKey, token);
  sessionToken.set(token);
}

export function forgetToken(): void {
  sessionStorage.removeItem(storageKey);
  sessionToken.set(null);
}

/** The code in the hash of a sign-in link (`#signin=…`); null if it has none. */
export function signInCodeIn(hash: string): string | null {
  return new URLSearchParams(hash.slice(1)).get('signin');
}

/**
 * Takes the code of a sign-in link out of the address, so that it stays neither in the history nor on the screen.
 * Null if the address has none.
 */
export function takeSignInCode(): string | null {
  const code = signInCodeIn(location.hash);
  if (code === null) return null;
  history.replaceState(history.state, '', location.pathname + location.search);
  return code;
}
