import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';

/** The greys and the type of the dashboard (src/renderer/styles/tokens.css), in the little that a page of the gateway needs. */
const style = `
:root { color-scheme: light dark; --text: light-dark(#171717, #ededed); --soft: light-dark(#4a4a4a, #b4b4b4);
  --faint: light-dark(#696969, #949494); --page: light-dark(#ffffff, #121212); --line: light-dark(#e5e5e5, #2a2a2a);
  --accent: light-dark(#2160c4, #7cb0ff); --fill: light-dark(#2160c4, #2b68cf); --sunken: light-dark(#f7f7f7, #0c0c0c); }
body { margin: 0; background: var(--page); color: var(--text); font: 14px/20px Inter, system-ui, sans-serif; }
main { max-width: 640px; margin: 15vh auto 64px; padding: 0 24px; }
h1 { font-size: 20px; line-height: 28px; font-weight: 600; margin: 0 0 8px; }
p { margin: 0 0 12px; color: var(--soft); overflow-wrap: anywhere; }
code, kbd { font: 13px/20px "JetBrains Mono", ui-monospace, monospace; }
pre { margin: 16px 0; padding: 12px 16px; background: var(--sunken); border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
a.button { display: inline-block; margin: 8px 12px 8px 0; padding: 6px 12px; border-radius: 6px; background: var(--fill); color: #fff; }
ul { list-style: none; margin: 16px 0; padding: 0; border-top: 1px solid var(--line); }
li { display: flex; gap: 12px; padding: 8px 0; border-bottom: 1px solid var(--line); }
li span { margin-left: auto; color: var(--faint); }
.glyph { display: inline-block; width: 1.2em; color: var(--faint); }
.glyph.moving { color: var(--accent); animation: breathe 1.6s ease-in-out infinite; }
footer { margin-top: 32px; color: var(--faint); font-size: 12px; line-height: 16px; }
@keyframes breathe { 50% { opacity: .35; } }
@media (prefers-reduced-motion: reduce) { .glyph.moving { animation: none; } }
`;

/**
 * Asks the gateway, not the service, whether the page would be answered now, and loads it anew when that has changed. The question
 * is held open until there is something to tell.
 */
const waiter = `
(async () => {
  for (;;) {
    try {
      const answer = await fetch(location.href, { headers: { 'x-clos-wait': document.documentElement.dataset.state }, cache: 'no-store' });
      if (answer.status === 204) break;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
  location.reload();
})();
`;

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const policy = [
  "default-src 'none'",
  `style-src ${hash(style)}`,
  `script-src ${hash(waiter)}`,
  "connect-src 'self'",
  'img-src data:',
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** HTML that is safe to put together: made by `html`, which escapes all that it is given. */
export interface Markup {
  readonly markup: string;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

type Part = Markup | string | number | readonly Part[];

function render(part: Part): string {
  if (typeof part === 'string' || typeof part === 'number') {
    return String(part).replace(/[&<>"']/g, (character) => entities[character] ?? '');
  }
  return 'markup' in part ? part.markup : part.map(render).join('');
}

/** A piece of HTML. Values are escaped, be they text or attributes; other pieces go in as they are. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Markup {
  return { markup: strings.reduce((text, piece, index) => text + render(values[index - 1] ?? '') + piece) };
}

export interface Page {
  status: number;
  title: string;
  body: Markup;
  /** What the page tells: it loads itself again as soon as that is another. Null: it stays. */
  waitsFor: string | null;
  requestId: string;
  /** In seconds. */
  retryAfter?: number | undefined;
}

export function answerPage(
  response: ServerResponse,
  { status, title, body, waitsFor, requestId, retryAfter }: Page,
): void {
  // Without scripts it comes back by itself every two seconds.
  const refresh = waitsFor !== null ? html`<noscript><meta http-equiv="refresh" content="2"></noscript>` : html``;
  const script: Markup = waitsFor !== null ? { markup: `<script>${waiter}</script>` } : html``;
  const page = html`<!doctype html>
<html lang="en" data-state="${waitsFor ?? ''}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">
<title>${title}</title><link rel="icon" href="data:,">${refresh}<style>${{ markup: style }}</style></head>
<body><main>${body}<footer>Answered by CLOS · ${requestId}</footer></main>${script}</body>
</html>
`.markup;
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(page),
    'cache-control': 'no-store',
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'x-request-id': requestId,
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
  });
  response.end(response.req.method === 'HEAD' ? undefined : page);
}
