import { expect, it } from 'vitest';
import { KeptAnswers } from '#main/http/kept-answers.ts';
import { represent } from '#main/http/representation.ts';

const list = 'services.list';

it('an answer is given again until it is old, and only to the same question', () => {
  const kept = new KeptAnswers();
  const answer = represent({ items: [] });
  kept.begin(list, '/services')(answer);

  expect([kept.find(list, '/services'), kept.find(list, '/services?limit=1')]).toEqual([answer, undefined]);
  kept.forget(['conflicts.list']);
  expect(kept.find(list, '/services')).toBe(answer);
  kept.forget([list]);
  expect(kept.find(list, '/services')).toBeUndefined();
});

it('an answer that was being made while it became old is not kept', () => {
  const kept = new KeptAnswers();
  const keep = kept.begin(list, '/services');
  kept.forget([list]);
  keep(represent({ items: ['before the change'] }));

  expect(kept.find(list, '/services')).toBeUndefined();
});

it('neither many questions nor a large answer fill the memory', () => {
  const kept = new KeptAnswers();
  for (let limit = 0; limit < 100; limit += 1) kept.begin(list, `/services?limit=${limit}`)(represent({ limit }));
  kept.begin(list, '/large')(represent('x'.repeat(5_000_000)));

  const found = Array.from({ length: 100 }, (_value, limit) => kept.find(list, `/services?limit=${limit}`));
  expect(found.filter((one) => one !== undefined)).toHaveLength(4);
  expect([found[99], kept.find(list, '/large')]).toEqual([represent({ limit: 99 }), undefined]);
});
