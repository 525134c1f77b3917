import { Command } from 'commander';
import { errorFromResponse } from '#shared/client/problem.ts';
import type { TransportResponse } from '#shared/client/transport.ts';
import type { Act } from '../context.ts';
import { exitCodeOf, exitCodeOfStatus } from '../exit-codes.ts';
import { UsageError } from '../failure.ts';
import { readText } from '../parse/values.ts';
import { example } from './help.ts';
import { collect } from './options.ts';

const methods = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']);
const ownRoots = /^\/(api|internal|livez|readyz|health|metrics)(\/|\?|$)/;

export function apiCommand(act: Act): Command {
  return new Command('api')
    .description('send any request to the API')
    .argument('<method>', 'GET, POST, PUT, PATCH or DELETE')
    .argument('<path>', 'such as /services; /api/v2 is put before it')
    .option('-d, --data <body>', 'a JSON body; @FILE reads a file, - reads standard input')
    .option('-H, --header <header>', '"Name: value", may be repeated', collect)
    .addHelpText('after', example(`clos api POST /ports/check -d '{"endpoints":[{"port":3000}]}'`))
    .action(
      act(async (context, ...[method, path, options]: [string, string, { data?: string; header?: string[] }]) => {
        const verb = method.toUpperCase();
        if (!methods.has(verb))
          throw new UsageError(`"${method}" is not a method.`, 'Use GET, POST, PUT, PATCH or DELETE.');
        const body = await readBody(options.data);
        const headers = {
          accept: '*/*',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...parseHeaders(options.header ?? []),
        };
        const { transport } = await context.connect();
        const response = await transport.request(
          { method: verb, path: fullPath(path), headers, ...(body === undefined ? {} : { body }) },
          { stream: true },
        );
        const { terminal } = context;
        let last = '';
        for await (const chunk of response.chunks ?? [response.body]) {
          await terminal.raw(chunk);
          if (chunk !== '') last = chunk;
        }
        // A script gets the body byte by byte; a person gets the prompt on a line of its own.
        if (terminal.width !== null && last !== '' && !last.endsWith('\n')) await terminal.raw('\n');
        if (response.status < 400) return undefined;
        await terminal.err(`${verb} ${fullPath(path)} answered ${response.status}.`);
        return codeOf(response);
      }),
    );
}

/** `/services` is short for `/api/v2/services`; other paths of CLOS stay as they are. */
export function fullPath(path: string): string {
  const rooted = path.startsWith('/') ? path : `/${path}`;
  return ownRoots.test(rooted) ? rooted : `/api/v2${rooted}`;
}

/** `Name: value` pairs, names in lower case. Throws `UsageError`. */
export function parseHeaders(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*)$/.exec(line);
    if (match?.[1] === undefined) throw new UsageError(`"${line}" is not a header.`, 'Write it as "Name: value".');
    headers[match[1].toLowerCase()] = match[2] ?? '';
  }
  return headers;
}

async function readBody(data: string | undefined): Promise<string | undefined> {
  if (data === undefined) return undefined;
  if (data === '-') return readText('-');
  return data.startsWith('@') ? readText(data.slice(1)) : data;
}

function codeOf(response: TransportResponse) {
  const error = errorFromResponse(response);
  // Without a code of ours the status alone has to say it.
  return error.code === 'CLOS_UNREACHABLE' ? exitCodeOfStatus(response.status) : exitCodeOf(error.code);
}
