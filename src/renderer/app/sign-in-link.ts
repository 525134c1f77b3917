import { connection } from '../lib/connection.ts';
import { takeSignInCode } from '../lib/session.ts';
import { signInByCode } from '../lib/sign-in.ts';

/** Signs in by the link that the page was opened with, if it was. Answers why that failed, or null. */
export async function followSignInLink(): Promise<string | null> {
  const code = connection.kind === 'browser' ? takeSignInCode() : null;
  return code === null ? null : signInByCode(code);
}
