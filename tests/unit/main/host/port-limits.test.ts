import { expect, it } from 'vitest';
import { parsePortList } from '#main/host/linux/port-limits.ts';

it.each([
  ['', []],
  ['8080\n', [8080]],
  ['8080,9148-9150\n', [8080, 9148, 9149, 9150]],
  ['x,65535-70000,5-', [65535]],
])('reads the list of reserved ports %j', (text, ports) => {
  expect(parsePortList(text)).toEqual(ports);
});
