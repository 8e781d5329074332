import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { errorStatus } from '../../../src/errors.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import type { GraphQLAnswer } from '../../support/gateway/gateway-api.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const known = [
  '{ viewer { userId } }',
  'query ($id: ID!) { session(id: $id) { title } }',
  'query ($first: Int, $after: String) { sessions(first: $first, after: $after) { edges { cursor } } }',
  'mutation ($input: CreateSessionInput!) { createSession(input: $input) { id } }',
  'mutation ($id: ID!) { deleteSession(id: $id) { deletedSessionId } }',
];
const token = fc.constantFrom(
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  ':',
  '$',
  '@',
  '!',
  '...',
  '|',
  '&',
  '"',
  '"""',
  '#',
  'on',
  'query',
  'fragment',
  'subscription',
  'session',
  'id',
  '1',
  '-1.5e9',
  'null',
  'true',
  '\ufeff',
  ' ',
);
const document = fc.oneof(
  fc.constantFrom(...known),
  fc.array(fc.oneof(token, fc.string({ maxLength: 3 }))).map((tokens) => tokens.join(' ')),
  fc
    .tuple(fc.constantFrom(...known), fc.nat(), token)
    .map(([text, at, cut]) => text.slice(0, at % text.length) + cut + text.slice(at % text.length)),
);
const variables = fc.oneof(
  fc.dictionary(fc.constantFrom('id', 'input', 'first', 'after', '__proto__'), fc.jsonValue()),
  fc.record({
    input: fc.dictionary(
      fc.constantFrom('title', 'userId', 'systemPrompt', 'providerName'),
      fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue()),
    ),
  }),
  fc.jsonValue(),
);

test.each([
  ['/graphql', 'application/json'],
  ['/graphql/stream', 'text/event-stream'],
])('%s answers any request with data, or with errors that ERRORS.md lists', async (path, accept) => {
  await fc.assert(
    fc.asyncProperty(document, variables, fc.option(fc.string()), async (query, given, operationName) => {
      const response = await fetch(gateway.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept },
        body: JSON.stringify({ query, variables: given, operationName }),
      });
      const text = await response.text();
      expect(response.status, text).toBeLessThan(500);
      const [, result = text] = /^event: next\ndata: ([^\n]*)$/m.exec(text) ?? [];
      const { data, errors = [] } = JSON.parse(result) as GraphQLAnswer;
      expect(data !== undefined || errors.length > 0).toBe(true);
      for (const { extensions } of errors) {
        expect(extensions['code']).not.toBe('INTERNAL_SERVER_ERROR');
        expect(errorStatus).toHaveProperty(String(extensions['code']));
      }
    }),
    { numRuns: 300 },
  );
});
