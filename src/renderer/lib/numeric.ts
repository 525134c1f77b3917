/** Digits become a number; anything else goes on as it is, so that the contract says what is wrong with it. */
export function numeric(text: string): number | string {
  return /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text.trim();
}
