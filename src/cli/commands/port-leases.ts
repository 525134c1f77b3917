import { Command } from 'commander';
import type { Client } from '#shared/client/client.ts';
import { ClosError } from '#shared/contract/clos-error.ts';
import type { LeaseRow } from '#shared/contract/ports.ts';
import type { Act } from '../context.ts';
import { UsageError } from '../failure.ts';
import { withName } from '../names.ts';
import { commandOptions } from '../operate.ts';
import { leaseOwner } from '../output/port-report.ts';
import { parsePort, parsePortRef } from '../parse/values.ts';
import { example } from './help.ts';

interface ReserveFlags {
  note?: string;
  range?: string;
}

export function reserveCommand(act: Act): Command {
  return new Command('reserve')
    .description('keep a port free of services')
    .argument('<port>', 'a port such as 3000 or 5353/udp, or auto for one of a range')
    .option('--note <text>', 'what it is for')
    .option('--range <range>', 'where auto takes it from')
    .addHelpText('after', example('clos ports reserve 3000 --note "the demo on Friday"'))
    .action(
      act(async (context, port: string, flags: ReserveFlags) => {
        const wanted = port === 'auto' ? { port: 'auto' as const } : parsePortRef(port);
        const { client } = await context.connect();
        const lease = await client.ports.lease({ ...wanted, ...flags }, { idempotencyKey: idempotencyKey() });
        const { terminal } = context;
        if (context.json) await terminal.out(JSON.stringify(lease));
        else if (context.quiet) await terminal.out(String(lease.port));
        else await terminal.out(`${portName(lease)} is reserved: ${leaseOwner(lease)}.`);
        return undefined;
      }),
    );
}

export function releaseCommand(act: Act): Command {
  return new Command('release')
    .description('give back a reserved or leased port')
    .argument('<port>', 'a port such as 3000 or 5353/udp, or the id of a lease')
    .addHelpText('after', example('clos ports release 3000'))
    .action(
      act(async (context, which: string) => {
        const { client } = await context.connect();
        const lease = which.startsWith('lse_') ? null : await leaseOn(client, which);
        await client.ports.release({ id: lease?.id ?? which });
        const { terminal } = context;
        const what = lease === null ? which : portName(lease);
        const from =
          lease === null
            ? ''
            : `, which was ${lease.service === null ? 'reserved' : "the service's"}: ${leaseOwner(lease)}`;
        if (context.json) await terminal.out(JSON.stringify({ released: lease?.id ?? which }));
        else if (!context.quiet) await terminal.out(`${what} is given back${from}.`);
        return undefined;
      }),
    );
}

export function moveCommand(act: Act): Command {
  return new Command('move')
    .description('give an endpoint another port')
    .argument('<endpoint>', 'SERVICE, or SERVICE/ENDPOINT')
    .argument('<port>', 'a port, or auto for one of its range')
    .addHelpText('after', example('clos ports move web/http 3005'))
    .action(
      act(async (context, target: string, port: string) => {
        const [service = '', endpoint, ...rest] = target.split('/');
        if (service === '' || endpoint === '' || rest.length > 0) {
          throw new UsageError(
            `"${target}" names no endpoint.`,
            'Write SERVICE or SERVICE/ENDPOINT, such as web/http.',
          );
        }
        const wanted = port === 'auto' ? port : parsePort(port);
        const { client } = await context.connect();
        const lease = await withName(client, service, () =>
          client.ports.lease(
            { service, port: wanted, ...(endpoint === undefined ? {} : { endpoint }) },
            { idempotencyKey: idempotencyKey() },
          ),
        );
        const { terminal } = context;
        if (context.json) await terminal.out(JSON.stringify(lease));
        else if (!context.quiet) {
          await terminal.out(`${leaseOwner(lease)} has ${portName(lease)} now.`);
          const { needsRestart } = await client.services.get({ id: service });
          if (needsRestart) await terminal.out(`It still runs on the port before. Apply it: clos restart ${service}`);
        }
        return undefined;
      }),
    );
}

function idempotencyKey(): string {
  return commandOptions().idempotencyKey ?? '';
}

function portName({ port, protocol }: LeaseRow): string {
  return `:${port}${protocol === 'udp' ? '/udp' : ''}`;
}

/** The one lease on a port. Rejects with `LEASE_NOT_FOUND`, or `UsageError` when the protocol has to be named. */
async function leaseOn(client: Client, which: string): Promise<LeaseRow> {
  const { port, protocol } = parsePortRef(which);
  const { leases } = await client.ports.who({ port });
  const named = which.includes('/') ? leases.filter((lease) => lease.protocol === protocol) : leases;
  const [lease, another] = named;
  if (lease === undefined) {
    throw new ClosError('LEASE_NOT_FOUND', `Nobody leases or reserves :${which.replace(/^:/, '')}.`);
  }
  if (another === undefined) return lease;
  throw new UsageError(
    `:${port} is leased more than once: ${named.map((each) => `${each.protocol} to ${leaseOwner(each)}`).join(', ')}.`,
    `Say which: clos ports release ${another.id}`,
  );
}
