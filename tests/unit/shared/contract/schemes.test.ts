import { describe, expect, it } from 'vitest';
import { isWeb, type Spoken, schemeOf, schemeSchema } from '#shared/contract/schemes.ts';

const endpoint = (more: Partial<Spoken> = {}): Spoken => ({
  name: 'http',
  protocol: 'tcp',
  scheme: 'auto',
  hostPort: 'auto',
  ...more,
});

describe('what is spoken at an endpoint', () => {
  it.each<[string, Partial<Spoken>, [scheme: string, web: boolean]]>([
    ['what nothing is known of is taken for HTTP', {}, ['http', true]],
    ['a number that nobody uses by custom is too', { hostPort: 3000 }, ['http', true]],
    ['the port tells it', { hostPort: 5432 }, ['postgres', false]],
    ['the one inside counts where there is one', { hostPort: 5432, containerPort: 6379 }, ['redis', false]],
    ['nothing inside counts as none', { hostPort: 5432, containerPort: null }, ['postgres', false]],
    ['443 is HTTP too', { containerPort: 443 }, ['https', true]],
    ['the name tells it where the port does not', { name: 'mysql' }, ['mysql', false]],
    ['the port wins over the name', { name: 'mysql', hostPort: 5432 }, ['postgres', false]],
    ['UDP is never HTTP', { protocol: 'udp', hostPort: 443 }, ['udp', false]],
    ['what is named stands', { scheme: 'https', hostPort: 5432 }, ['https', true]],
    [
      'what is named stands for UDP, before which nobody can stand',
      { scheme: 'http', protocol: 'udp' },
      ['http', false],
    ],
  ])('%s', (_what, more, expected) => {
    expect([schemeOf(endpoint(more)), isWeb(endpoint(more))]).toEqual(expected);
  });

  it('is named as in a URL', () => {
    const accepts = (scheme: string) => schemeSchema.safeParse(scheme).success;
    expect(['auto', 'postgres', 'amqp+ssl', 'h2c'].filter((scheme) => !accepts(scheme))).toEqual([]);
    expect(['', 'HTTP', '2c', 'http:', 'a b', 'x'.repeat(33)].filter(accepts)).toEqual([]);
  });
});
