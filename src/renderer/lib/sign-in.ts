import { isClosError } from '#shared/contract/clos-error.ts';
import { client } from './connection.ts';
import { keepToken } from './session.ts';

/** Signs this tab in by the code of a sign-in link. Answers why that failed, or null. */
export async function signInByCode(code: string): Promise<string | null> {
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
