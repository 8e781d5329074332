import { parse, print } from 'graphql';
import { expect, test } from 'vitest';
import { textOf } from '../../src/client/document.ts';
import { CancelRunDocument } from '../../src/gql/client/graphql.ts';

const query = '{ viewer { userId } }';

test('a document that is text, or an object of text, is sent as it is', () => {
  expect(textOf(query, undefined)).toBe(query);
  expect(textOf(CancelRunDocument, undefined)).toMatch(/^\s*mutation CancelRun\(/);
});

test('a document that is a syntax tree is printed by the function that the client was given', () => {
  expect(parse(textOf(parse(query), print), { noLocation: true })).toEqual(
    parse(query, { noLocation: true }),
  );
});

test('a document that is a syntax tree is refused by a client that cannot print it', () => {
  expect(() => textOf(parse(query), undefined)).toThrow('give the client `print` of "graphql"');
});
