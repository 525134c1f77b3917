/** A request for `a.localhost` that two parsers could read in two ways, and what must come of it. */
export interface Trick {
  what: string;
  bytes: string;
  /** refused: one answer, 4xx, and nothing is passed on. harmless: it may be passed on, but as one request and to whom it names. */
  fate: 'refused' | 'harmless';
}

export const host = 'Host: a.localhost';

interface Parts {
  line?: string;
  headers?: string[];
  body?: string;
}

function compose({ line = 'GET /for-a HTTP/1.1', headers = [host], body = '' }: Parts): string {
  return `${[line, ...headers].join('\r\n')}\r\n\r\n${body}`;
}

type Each = (what: string, values: readonly string[], parts: (value: string) => Parts) => Trick[];

/** Makes one trick for each of the values, which are told by their JSON. */
const eachOf =
  (fate: Trick['fate']): Each =>
  (what, values, parts) =>
    values.map((value) => {
      const text = JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
      return { what: `${what} ${text}`, bytes: compose(parts(value)), fate };
    });

export const refused = eachOf('refused');
export const harmless = eachOf('harmless');
export const post = 'POST /for-a HTTP/1.1';
