/** Makes an impossible state loud: the compiler refuses a missing case, the running program names the value. */
export function assertNever(value: never, what = 'value'): never {
  throw new Error(`Unexpected ${what}: ${JSON.stringify(value)}`);
}
