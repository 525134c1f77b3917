import { z } from 'zod';

const pageSchema = z.object({ pid: z.number(), count: z.number(), asked: z.boolean() });

/** What a counting program tells about itself. `asked`: somebody has sent it SIGTERM, and it goes on. */
export type CountingPage = z.infer<typeof pageSchema>;

/**
 * A program that writes 1, 2, 3 … to its output, a number each 50 ms, and serves a page on `PORT` that tells how far it is.
 * `/?exit=3` ends it with that code. With `LINGERS` it only notes that it was asked to end.
 */
const script = `
  let count = 0;
  let asked = false;
  if (process.env.LINGERS) process.on('SIGTERM', () => { asked = true; });
  setInterval(() => console.log(++count), 50);
  require('node:http').createServer((request, response) => {
    const code = /exit=(\\d+)/.exec(request.url);
    response.setHeader('connection', 'close');
    response.end(JSON.stringify({ pid: process.pid, count, asked }), () => code && process.exit(Number(code[1])));
  }).listen(process.env.PORT, '127.0.0.1');
`;

export const countingCommand: readonly string[] = [process.execPath, '-e', script];

/** Rejects when the page does not answer. */
export async function countingPage(url: string, query = ''): Promise<CountingPage> {
  return pageSchema.parse(await (await fetch(`${url}/${query}`)).json());
}
