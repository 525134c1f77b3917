import type { SocketProtocol } from '#main/host/types.ts';

/** A socket, or one that somebody would like to have. `v6only` says of a `::` that it leaves IPv4 alone. */
export interface ModelPlace {
  protocol: SocketProtocol;
  address: string;
  port: number;
  v6only: boolean;
}

const columns = ['127.0.0.1', '127.0.0.2', '0.0.0.0', '::1', '::', ':: only'] as const;
type Column = (typeof columns)[number];

/**
 * Which second socket of one protocol and port the kernel refuses (`x`), measured by binding them: by row the one that is there, by
 * column the one that comes. It is not derived from any rule, so that a rule can be held against it.
 */
const refused: Record<Column, string> = {
  //          127.0.0.1  127.0.0.2  0.0.0.0  ::1  ::  :: only
  '127.0.0.1': 'x         .          x        .    x   .',
  '127.0.0.2': '.         x          x        .    x   .',
  '0.0.0.0': '  x         x          x        .    x   .',
  '::1': '      .         .          .        x    x   x',
  '::': '       x         x          x        x    x   x',
  ':: only': '  .         .          .        x    x   x',
};

/** True when both sockets can be there at the same time. */
export function canBothBe(one: ModelPlace, other: ModelPlace): boolean {
  if (one.protocol !== other.protocol || one.port !== other.port) return true;
  const row = refused[columnOf(one)].trim().split(/\s+/);
  return row[columns.indexOf(columnOf(other))] === '.';
}

function columnOf({ address, v6only }: ModelPlace): Column {
  const name = address === '::' && v6only ? ':: only' : address;
  const column = columns.find((known) => known === name);
  if (column === undefined) throw new Error(`Nobody has measured ${name}`);
  return column;
}

/** The families in which a program that connects to `localhost` can reach a socket. */
export function localhostReaches({ address, v6only }: ModelPlace): ReadonlySet<4 | 6> {
  switch (address) {
    case '127.0.0.1':
    case '0.0.0.0':
      return new Set([4]);
    case '::1':
      return new Set([6]);
    case '::':
      return new Set(v6only ? [6] : [4, 6]);
    default:
      return new Set();
  }
}
