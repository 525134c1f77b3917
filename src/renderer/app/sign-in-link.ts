import { isClosError } from '#shared/contract/clos-error.ts';
import { client, connection } from '../lib/connection.ts';
import { keepToken, takeSignInCode } from '../lib/session.ts';

/** Signs in by the link that the page was opened with, if it was. Answers why that failed, or null. */
export async function followSignInLink(): Promise<string | null> {
  const code = connection.kind === 'browser' ? takeSignInCode() : null;
  if (code === null) return null;
  try {
    const { token } = await client.auth.signIn({ code });
    keepToken(token);
    return null;
  } catch (error) {
    if (isClosError(error, 'NOT_SIGNED_IN'))
      return 'This link was used before, or its ten minutes are over. Ask for another.';
    return error instanceof Error ? error.message : String(error);
  }
}
