import { expect, it } from 'vitest';
import { toCsv } from '#main/http/csv.ts';

async function* rowsOf(...rows: unknown[]): AsyncGenerator<unknown> {
  yield* rows;
}

async function csv(columns: string[], ...rows: unknown[]): Promise<string> {
  return (await Array.fromAsync(toCsv(rowsOf(...rows), columns))).join('');
}

it('writes a head and a line for each row, values one level down by their paths', async () => {
  expect(
    await csv(['id', 'by.name', 'data'], { id: 1, by: { name: 'ada' }, data: { a: [1] } }, { id: 2, by: null }),
  ).toBe('id,by.name,data\r\n1,ada,"{""a"":[1]}"\r\n2,,\r\n');
});

it('quotes what would end a field or a line', async () => {
  expect(await csv(['text'], { text: 'a,b' }, { text: 'say "no"' }, { text: 'two\nlines' })).toBe(
    'text\r\n"a,b"\r\n"say ""no"""\r\n"two\nlines"\r\n',
  );
});

it('hands no formula to a spreadsheet, and leaves numbers alone', async () => {
  expect(await csv(['a'], { a: '=1+1' }, { a: '@SUM(A1)' }, { a: '-2' }, { a: -2 })).toBe(
    "a\r\n'=1+1\r\n'@SUM(A1)\r\n'-2\r\n-2\r\n",
  );
});
