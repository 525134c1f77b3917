import { describe, expect, it } from 'vitest';
import {
  findReferences,
  findTemplateIssues,
  renderTemplate,
  type TemplateReference,
} from '#shared/contract/templates.ts';

const told = ({ service, endpoint, field }: TemplateReference) =>
  `<${service ?? 'own'} ${endpoint ?? 'first'} ${field}>`;

describe('a template', () => {
  it.each([
    ['${endpoints.http.port}', '<own http port>'],
    ['${services.db.url}', '<db first url>'],
    ['${services.db.endpoints.admin.address}', '<db admin address>'],
    ['http://${services.db.host}:${services.db.port}/x', 'http://<db first host>:<db first port>/x'],
    ['${ services.db.url }', '<db first url>'],
  ])('%s is filled in', (text, expected) => {
    expect(renderTemplate(text, told)).toBe(expected);
  });

  it.each([
    ['a text without any', 'plain $5 and {x}'],
    ["another program's own", '${HOME}/${servicesUrl}/${endpoint}'],
    ['an open end', '${services.db.url'],
  ])('%s stays as it is', (_, text) => {
    expect(renderTemplate(text, told)).toBe(text);
    expect(findTemplateIssues(text)).toEqual([]);
  });

  it('is written as text with two dollars', () => {
    expect(renderTemplate('$${services.db.url} and ${services.db.port}', told)).toBe(
      '${services.db.url} and <db first port>',
    );
  });

  it.each(['${services.db}', '${services.db.pot}', '${endpoints.port}', '${services.DB.url}', '${services.}'])(
    '%s is refused, with what to write',
    (text) => {
      expect(findTemplateIssues(`a ${text} b`)).toEqual([
        `${text} is no template: write \${endpoints.NAME.port} or \${services.NAME.url}`,
      ]);
    },
  );

  it('tells what it refers to, in order', () => {
    expect(findReferences('${services.db.url} ${endpoints.http.port}')).toEqual([
      { service: 'db', endpoint: null, field: 'url' },
      { service: null, endpoint: 'http', field: 'port' },
    ]);
  });
});
