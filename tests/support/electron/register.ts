/**
 * `node --import …/register.ts out/main/index.js`: `electron` is the stand-in. A test that started the process over a channel may
 * send `{ id, source, argument }`; the function in `source` is called with the stand-in and the argument, and its result sent back.
 */
import { registerHooks } from 'node:module';

const standIn = new URL('./electron.ts', import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron'
      ? { url: standIn, format: 'module-typescript', shortCircuit: true }
      : next(specifier, context),
});

const electron = await import(standIn);
await import(new URL('./recorder.cjs', import.meta.url).href);

process.on('message', async ({ id, source, argument }: { id: number; source: string; argument: unknown }) => {
  const answer = (message: object) => process.send?.({ id, ...message });
  try {
    const call: (electron: unknown, argument: unknown) => unknown = new Function(`return (${source})`)();
    answer({ value: (await call(electron, argument)) ?? null });
  } catch (error) {
    answer({ error: error instanceof Error ? error.message : String(error) });
  }
});
// A test that died leaves no application behind.
process.on('disconnect', () => electron.app.quit());
// The channel alone does not keep the application running.
process.channel?.unref();
