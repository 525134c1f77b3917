import type { IncomingMessage } from 'node:http';

/** True when somebody looks: a browser that would rather have a page than a problem document. */
export function wantsPage({ method, headers: { accept } }: IncomingMessage): boolean {
  return (method === 'GET' || method === 'HEAD') && accept?.includes('text/html') === true;
}

/**
 * True when a browser opens this as the page of a tab: no picture, script or frame of another page, nothing that a script fetches
 * (Fetch Metadata, w3.org/TR/fetch-metadata). A client that does not say so does not visit.
 */
export function isVisit(request: IncomingMessage): boolean {
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': destination, 'sec-purpose': purpose } = request.headers;
  return request.method === 'GET' && mode === 'navigate' && destination === 'document' && purpose === undefined;
}
