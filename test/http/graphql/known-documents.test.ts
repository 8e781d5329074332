import { type DocumentNode, parse } from 'graphql';
import { expect, test } from 'vitest';
import { createKnownDocuments } from '../../../src/http/graphql/known-documents.ts';

const document: DocumentNode = parse('{ a }');

test('a document is found by its exact text', () => {
  const known = createKnownDocuments();
  known.remember('{ a }', document);

  expect(known.find('{ a }')).toBe(document);
  expect(known.find('{ a  }')).toBeUndefined();
});

test('only the documents that were used last are remembered, by their number and by their length', () => {
  const known = createKnownDocuments();
  known.remember('used', document);
  known.remember('unused', document);
  for (let n = 0; n < 1_023; n += 1) {
    known.find('used');
    known.remember(`# ${n}`, document);
  }
  expect(known.find('used')).toBe(document);
  expect(known.find('unused')).toBeUndefined();

  for (let n = 0; n < 12; n += 1) known.remember(`# ${n} ${'long '.repeat(9_000)}`, document);
  expect(known.find('used')).toBeUndefined();
});

test('a very long document is not remembered', () => {
  const known = createKnownDocuments();
  const text = `# ${'long '.repeat(10_001)}`;
  known.remember(text, document);

  expect(known.find(text)).toBeUndefined();
});
