import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { createClient } from '#shared/client/client.ts';
import { fetchTransport } from '#shared/client/fetch-transport.ts';
import { isClosError } from '#shared/contract/clos-error.ts';
import { Button } from '../../components/button.tsx';
import { CommandLine } from '../../components/command-line.tsx';
import { Field, inputClass } from '../../components/field.tsx';
import { commandLines } from '../../lib/commands.ts';
import { problemOf } from '../../lib/problems.ts';
import { keepToken, signInCodeIn } from '../../lib/session.ts';
import { signInByCode } from '../../lib/sign-in.ts';

/** Signs in by what was pasted: a link, or a key, which is asked who it belongs to before it is kept. Answers why not, or null. */
async function tryIn(pasted: string): Promise<string | null> {
  const code = signInCodeIn(URL.parse(pasted)?.hash ?? '');
  if (code !== null) return signInByCode(code);
  try {
    await createClient(fetchTransport({ baseUrl: '', token: () => pasted })).auth.me();
  } catch (error) {
    return keyProblem(error);
  }
  keepToken(pasted);
  return null;
}

function keyProblem(error: unknown): string {
  if (isClosError(error, 'NOT_SIGNED_IN')) return 'CLOS does not know this key.';
  const { what, advice } = problemOf(error);
  return `${what}. ${advice}`;
}

/** Without a token: how to get in. `failure` says why a link did not. */
export function SignInPage({ failure }: { failure: string | null }) {
  const [key, setKey] = useState('');
  const attempt = useMutation({ mutationFn: tryIn });
  return (
    <main className="flex h-full items-center justify-center p-8">
      <div className="flex w-full max-w-90 flex-col gap-6">
        <div>
          <h1 className="text-20 font-semibold">Sign in to CLOS</h1>
          <p className="mt-2 text-soft">
            Ask for a link on the machine that CLOS runs on. It signs this browser in once.
          </p>
        </div>
        {failure !== null && (
          <p role="alert" className="rounded-md bg-failed-wash px-3 py-2 text-failed">
            {failure}
          </p>
        )}
        <CommandLine command={commandLines.open()} className="justify-between rounded-md bg-sunken px-3 py-1.5" />
        <form
          className="flex flex-col gap-3 border-t pt-6"
          onSubmit={(event) => {
            event.preventDefault();
            if (key.trim() !== '') attempt.mutate(key.trim());
          }}
        >
          <Field
            label="Or paste a key, or the link"
            hint="It is kept for this tab only"
            error={attempt.data ?? undefined}
          >
            {(props) => (
              <input
                {...props}
                type="password"
                autoComplete="off"
                spellCheck={false}
                placeholder="clos_…"
                value={key}
                onChange={(event) => setKey(event.target.value)}
                className={`${inputClass} mono`}
              />
            )}
          </Field>
          <Button type="submit" disabled={key.trim() === '' || attempt.isPending} className="justify-center">
            Sign in
          </Button>
        </form>
      </div>
    </main>
  );
}
