import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { createAutomaticQueries } from '../../../src/http/request/automatic-queries.ts';

const hashOf = (document: string) => createHash('sha256').update(document).digest('hex');

function create() {
  const queries = createAutomaticQueries({ maxDocuments: 3, maxCharacters: 100 });
  const finds = (document: string) => {
    try {
      return queries.find({ query: undefined, sha256Hash: hashOf(document) }) === document;
    } catch (error) {
      expect(error).toMatchObject({ code: 'PERSISTED_QUERY_NOT_FOUND', message: 'PersistedQueryNotFound' });
      return false;
    }
  };
  return { ...queries, finds };
}

test('a document that is sent is not remembered before it is valid', () => {
  const { find, remember, finds } = create();
  expect(find({ query: '{ a }', sha256Hash: hashOf('{ a }').toUpperCase() })).toBe('{ a }');
  expect(finds('{ a }')).toBe(false);
  remember('{ a }');
  expect(finds('{ a }')).toBe(true);
});

test('the document that was not used for the longest time is forgotten', () => {
  const { remember, finds } = create();
  for (const document of ['{ a }', '{ b }', '{ c }']) remember(document);
  expect(finds('{ a }')).toBe(true);
  remember('{ d }');
  expect(['{ a }', '{ b }', '{ c }', '{ d }'].map(finds)).toEqual([true, false, true, true]);
});

test('many documents take no more than the characters allowed, and a long one none', () => {
  const queries = createAutomaticQueries({ maxDocuments: 100, maxCharacters: 100 });
  const documents = Array.from({ length: 30 }, (_, index) => `{ field${index} }`.padEnd(10).slice(0, 10));
  for (const document of documents) queries.remember(document);
  queries.remember('x'.repeat(11));
  const isKnown = (document: string) => {
    try {
      return queries.find({ query: undefined, sha256Hash: hashOf(document) }) === document;
    } catch {
      return false;
    }
  };
  expect(documents.filter(isKnown)).toEqual(documents.slice(-10));
  expect(isKnown('x'.repeat(11))).toBe(false);
});

test('a hash of another document is refused', () => {
  const { find } = create();
  const send = () => find({ query: '{ a }', sha256Hash: hashOf('{ b }') });
  expect(send).toThrow(expect.objectContaining({ code: 'PERSISTED_QUERY_MISMATCH' }));
});
