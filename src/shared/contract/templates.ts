/**
 * Templates in an environment or a command line: what a port, an address or a URL turns out to be when the service starts.
 *
 * - `${endpoints.http.port}`: of an endpoint of the service itself;
 * - `${services.db.url}`: of the first endpoint of another service;
 * - `${services.db.endpoints.admin.port}`: of a named endpoint of another service.
 *
 * The last word is `port`, `host`, `address` (`host:port`) or `url`. `$${` stands for a plain `${`. Any other `${…}` is left as
 * it is: programs have templates of their own.
 */
export const templateFields = ['port', 'host', 'address', 'url'] as const;
export type TemplateField = (typeof templateFields)[number];

export interface TemplateReference {
  /** Null is the service itself. */
  service: string | null;
  /** Null is the first one. */
  endpoint: string | null;
  field: TemplateField;
}

type Part = { text: string } | { reference: TemplateReference } | { wrong: string };

const expression = /\$\$\{|\$\{([^}]*)\}/g;
const ours = /^(services|endpoints)(\.|$)/;
const name = '[a-z][a-z0-9-]{0,62}';
const shape = new RegExp(
  `^(?:endpoints\\.(?<own>${name})|services\\.(?<service>${name})(?:\\.endpoints\\.(?<other>${name}))?)\\.(?<field>\\w+)$`,
);

function parse(text: string): Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of text.matchAll(expression)) {
    const inner = match[1];
    const isOurs = inner !== undefined && ours.test(inner.trim());
    if (inner !== undefined && !isOurs) continue;
    parts.push({ text: text.slice(end, match.index) });
    end = match.index + match[0].length;
    parts.push(inner === undefined ? { text: '${' } : readReference(inner.trim()));
  }
  return [...parts, { text: text.slice(end) }];
}

function readReference(inner: string): Part {
  const groups = shape.exec(inner)?.groups;
  const field = templateFields.find((one) => one === groups?.field);
  if (groups === undefined || field === undefined) {
    return { wrong: `\${${inner}} is no template: write \${endpoints.NAME.port} or \${services.NAME.url}` };
  }
  const { own, service, other } = groups;
  return { reference: { service: service ?? null, endpoint: own ?? other ?? null, field } };
}

/** What is wrong with the templates of a text, a sentence each; empty when nothing is. */
export function findTemplateIssues(text: string): string[] {
  return parse(text).flatMap((part) => ('wrong' in part ? [part.wrong] : []));
}

/** What a text refers to, in order. */
export function findReferences(text: string): TemplateReference[] {
  return parse(text).flatMap((part) => ('reference' in part ? [part.reference] : []));
}

/** Fills in a text. `fill` is asked for each reference and may throw for one that cannot be met. */
export function renderTemplate(text: string, fill: (reference: TemplateReference) => string): string {
  if (!text.includes('${')) return text;
  return parse(text)
    .map((part) => {
      if ('text' in part) return part.text;
      if ('reference' in part) return fill(part.reference);
      throw new Error(part.wrong);
    })
    .join('');
}
