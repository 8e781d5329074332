import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';

describe('with INTROSPECTION=off', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({ settings: { INTROSPECTION: 'off' } });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  test.each([
    '{ __schema { queryType { name } } }',
    '{ a: __type(name: "Session") { name } }',
    '{ ...A } fragment A on Query { __schema { types { name } } }',
  ])('%s is refused with INTROSPECTION=off', async (query) => {
    const { data, errors } = await gateway.graphql(query);
    expect(data).toBeUndefined();
    expect(errors?.[0]).toMatchObject({
      message: expect.stringMatching(/introspection has been disabled/),
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
    });
    const results = gateway.client().iterate({ query });
    expect((await results.next()).value).toMatchObject({
      errors: [
        { message: expect.stringMatching(/introspection has been disabled/) },
        ...(errors?.slice(1) ?? []),
      ],
    });
  });

  test('a client that misspells a name is not told the right one with INTROSPECTION=off', async () => {
    const messages: string[] = [];
    const repeated = ' Did you mean '.repeat(100_000);
    for (const query of [
      '{ sesions { edges { cursor } } }',
      '{ sessions(frist: 1) { edges { cursor } } }',
      '{ node(id: "x") { title } }',
      'mutation { sendMessage(input: { sessionId: "x", prompt: "Hi", onBusy: REJECTS }) { id } }',
      `mutation { sendMessage(input: { sessionId: "x", prompt: "Hi", onBusy: "${repeated}" }) { id } }`,
    ]) {
      const { errors = [] } = await gateway.graphql(query);
      messages.push(...errors.map(({ message }) => message));
    }
    expect(messages).toEqual([
      'Cannot query field "sesions" on type "Query".',
      'Unknown argument "frist" on field "Query.sessions".',
      'Cannot query field "title" on type "Node".',
      'Value "REJECTS" does not exist in "OnBusy" enum.',
      expect.stringMatching(/^Enum "OnBusy" cannot represent non-enum value: " Did you mean /),
    ]);
  });

  test('a client that knows the schema can chat and read __typename with INTROSPECTION=off', async () => {
    const sessionId = await gateway.createSession();
    const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));
    expect(seen.at(-1)?.__typename).toBe('RunCompleted');
  });
});

test('a client that misspells a name is told the right one by default', async () => {
  await using gateway = await startTestGateway();
  const { errors } = await gateway.graphql('{ sesions { edges { cursor } } }');
  expect(errors?.[0]?.message).toMatch(/Did you mean "sessions"/);
});
