import type { ServerResponse } from 'node:http';
import { ClosError } from '#shared/contract/clos-error.ts';
import { localDomain } from '#shared/contract/routes.ts';
import type { RoutingEntry, RoutingTarget } from '../../../database/routing.ts';
import { answerProblem } from '../answer.ts';
import { answerPage, html, type Markup } from './shell.ts';
import { wantsPage } from './visits.ts';

/** Where the dashboard is, for links. */
export interface Surroundings {
  dashboardUrl(): string;
}

interface Asked {
  response: ServerResponse;
  requestId: string;
}

function portOf({ req: { headers } }: ServerResponse): string {
  return /:(\d{1,5})$/.exec(headers.host ?? '')?.[0] ?? '';
}

function urlOf(response: ServerResponse, { name, path }: Pick<RoutingEntry, 'name' | 'path'>): string {
  return `http://${name}.${localDomain}${portOf(response)}${path}`;
}

function listOf(response: ServerResponse, entries: readonly RoutingEntry[]): Markup {
  const rows = entries.map((entry) => {
    const states = [...new Set(entry.targets.map(({ state }) => state))].join(', ');
    const url = urlOf(response, entry);
    return html`<li><a href="${url}">${entry.name}.${localDomain}${entry.path === '/' ? '' : entry.path}</a><span>${states}</span></li>`;
  });
  return html`<ul>${rows}</ul>`;
}

/** Nothing has the name: what there is. */
export function answerUnknown(
  { response, requestId }: Asked,
  told: { name: string; entries: readonly RoutingEntry[]; around: Surroundings },
): void {
  const shown = told.entries.filter(({ shadowedBy }) => shadowedBy === null);
  const title = `Nothing is called ${told.name}.${localDomain}`;
  if (!wantsPage(response.req)) {
    const names = [...new Set(shown.map(({ name }) => `${name}.${localDomain}`))];
    const known = names.length === 0 ? 'No service has a name yet.' : `There are ${names.slice(0, 50).join(', ')}.`;
    answerProblem(response, new ClosError('NAME_UNKNOWN', `${title}. ${known}`, { extra: { names } }), requestId);
    return;
  }
  const body = html`<h1>${title}</h1>
<p>${shown.length === 0 ? 'No service has a name yet.' : 'These names lead somewhere:'}</p>
${shown.length === 0 ? '' : listOf(response, shown)}
<p><a href="${told.around.dashboardUrl()}/routes">Routes in the dashboard</a></p>`;
  answerPage(response, { status: 404, title, body, waitsFor: 'NAME_UNKNOWN', requestId });
}

/** The gateway's own address in a browser: the names that there are. */
export function answerNames(
  { response, requestId }: Asked,
  { entries, around }: { entries: readonly RoutingEntry[]; around: Surroundings },
): void {
  const shown = entries.filter(({ shadowedBy }) => shadowedBy === null);
  const body = html`<h1>Names on this machine</h1>
<p>Each service that speaks HTTP has one. The API is under <code>/api/v2</code>.</p>
${shown.length === 0 ? html`<p>No service has a name yet.</p>` : listOf(response, shown)}
<p><a href="${around.dashboardUrl()}">Open the dashboard</a></p>`;
  answerPage(response, { status: 200, title: 'CLOS', body, waitsFor: null, requestId });
}

/** Why a route has no answer, in the words of its target. */
export interface Absence {
  code: 'SERVICE_DOWN' | 'SERVICE_STARTING' | 'SERVICE_SILENT' | 'ADDRESS_TAKEN' | 'GATEWAY_TIMEOUT';
  target: RoutingTarget;
  detail: string;
  /** Somebody takes connections there: that it can be reached is no reason to ask again. */
  listens?: boolean;
}

const titles: Readonly<Record<Absence['code'], (name: string) => string>> = {
  SERVICE_DOWN: (name) => `${name} does not run`,
  SERVICE_STARTING: (name) => `${name} is starting`,
  SERVICE_SILENT: (name) => `${name} does not answer`,
  ADDRESS_TAKEN: (name) => `Another program answers at ${name}'s address`,
  GATEWAY_TIMEOUT: (name) => `${name} takes too long`,
};

function waysOut({ code, target }: Absence, { back, around }: { back: string; around: Surroundings }): Markup {
  const base = around.dashboardUrl();
  const { id, name } = target.service;
  if (target.conflictId !== null) {
    return html`<p><a class="button" href="${base}/conflicts/${target.conflictId}">See who it is, and what can be done</a></p>
<pre>clos conflicts</pre>`;
  }
  if (code === 'SERVICE_DOWN') {
    const visit = `${base}/visit?${new URLSearchParams({ service: id, to: back })}`;
    return html`<p><a class="button" href="${visit}">Start ${name}</a></p><pre>clos start ${name}</pre>`;
  }
  return code === 'SERVICE_STARTING' ? html`` : html`<pre>clos logs ${name}</pre>`;
}

/** Answers in the place of a service: a page for people, a problem document for programs. */
export function answerAbsence(
  { response, requestId }: Asked,
  { absence, around }: { absence: Absence; around: Surroundings },
): void {
  const { code, target, detail } = absence;
  const retryAfter = code === 'SERVICE_STARTING' ? 1 : undefined;
  const error = new ClosError(code, detail, {
    extra: {
      service: target.service.name,
      ...(target.conflictId === null ? {} : { conflictId: target.conflictId }),
      ...(retryAfter === undefined ? {} : { retryAfter }),
    },
  });
  if (!wantsPage(response.req)) {
    answerProblem(response, error, requestId);
    return;
  }
  const title = titles[code](target.service.name);
  const back = `http://${response.req.headers.host ?? ''}${response.req.url ?? '/'}`;
  const moving = code === 'SERVICE_STARTING';
  const glyph = moving
    ? html`<span class="glyph moving">◐</span>`
    : html`<span class="glyph">${code === 'SERVICE_DOWN' ? '○' : '▲'}</span>`;
  const note = moving ? html`<p>This page opens by itself.</p>` : html``;
  const body = html`<h1>${glyph}${title}</h1><p>${detail}</p>${note}${waysOut(absence, { back, around })}
<p><a href="${around.dashboardUrl()}/services/${target.service.id}">${target.service.name} in the dashboard</a></p>`;
  // Whoever starts it elsewhere need not come back and reload.
  answerPage(response, {
    status: error.status,
    title,
    body,
    waitsFor: code === 'GATEWAY_TIMEOUT' || absence.listens === true ? null : code,
    requestId,
    retryAfter,
  });
}
