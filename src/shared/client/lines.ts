/** Cuts chunks of text at line feeds and parses each line that is not empty. A last line without a line feed counts. */
export async function* readLines<T>(
  chunks: AsyncIterable<string> | Iterable<string>,
  parse: (line: string) => T,
): AsyncGenerator<T> {
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield parse(line);
  }
  if (rest !== '') yield parse(rest);
}
