import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chat, collect, textOf } from '../../support/gateway/chat.ts';
import { type ScriptedGateway, startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { createRestClient, type Frame, type RestClient } from '../../support/http/rest-client.ts';
import { createGate, text } from '../../support/model/turn.ts';

let gateway: ScriptedGateway;
let rest: RestClient;

beforeAll(async () => {
  gateway = await startScriptedGateway({
    // A checkpoint between the REST request and the GraphQL request would change the text in between.
    settings: { CHECKPOINT_MS: '60000' },
  });
  rest = await createRestClient(gateway);
});
afterAll(() => gateway[Symbol.asyncDispose]());

const session = `query ($id: Int!) { sessionByDatabaseId(databaseId: $id) {
  id title updatedAt
  tokenUsage { contextTokens totalTokens }
  activeRun { databaseId }
  messages(first: 100) { edges { node { databaseId role status content tokenCount } } }
} }`;

test('REST and GraphQL return the same facts about a session before, during and after a run', async () => {
  const { json: created } = await rest.call('POST', '/sessions/', { user_id: 'alice', title: 'Shared' });
  const sessionId = Buffer.from(`Session:${created.id}`).toString('base64');
  const agree = async () => {
    const { data } = await gateway.graphql(session, { id: created.id });
    const seen = data.sessionByDatabaseId;
    const read = async (path: string) => (await rest.call('GET', `/sessions/${created.id}${path}`)).json;
    const [plain, tokens, { messages }] = [await read(''), await read('/tokens'), await read('/messages')];
    expect({ title: plain.title, updatedAt: plain.updated_at }).toEqual({
      title: seen.title,
      updatedAt: seen.updatedAt,
    });
    expect([tokens.token_count, tokens.total_tokens]).toEqual([
      seen.tokenUsage.contextTokens,
      seen.tokenUsage.totalTokens,
    ]);
    expect(
      messages.map((message: Record<string, unknown>) => [
        message['id'],
        message['content'],
        message['token_count'],
      ]),
    ).toEqual(
      seen.messages.edges.map(({ node }: { node: Record<string, unknown> }) => [
        node['databaseId'],
        node['content'],
        node['tokenCount'],
      ]),
    );
    return seen;
  };
  await agree();

  const gate = createGate();
  gateway.model.script([text('One '), gate, text('two')]);
  const overGraphQL = collect(chat(gateway.client(), { sessionId, prompt: 'Count' }));
  await gate.reached;
  const during = await agree();
  expect(during.activeRun).not.toBeNull();

  const overRest: Frame[] = [];
  for await (const frame of rest.follow(created.id)) {
    overRest.push(frame);
    if (frame.data.type === 'content') gate.release();
  }

  const events = await overGraphQL;
  const finish = overRest.at(-1)?.data;
  expect(textOf(events)).toBe('One two');
  expect(finish).toMatchObject({ type: 'finish', full_answer: 'One two' });
  expect(overRest[1]?.data.run_id).toBe(during.activeRun.databaseId);
  expect(overRest.at(-1)?.id).toBe(`${during.activeRun.databaseId}:${events.at(-1)?.seq}`);
  await agree();

  await rest.call('PATCH', `/sessions/${created.id}`, { title: 'Renamed' });
  expect((await agree()).title).toBe('Renamed');

  const found = async (query: string) =>
    (await rest.call('GET', `/sessions/${created.id}/messages/search?query=${query}`)).json;
  const { messages } = (await rest.call('GET', `/sessions/${created.id}/messages`)).json;
  expect(await found('TWO%20one')).toEqual({
    session_id: created.id,
    hits: [{ message: messages[1], snippet: '<mark>One</mark> <mark>two</mark>' }],
    next: null,
  });
  const [one, two] = [await found('cou'), await found('three')];
  expect([one.hits[0].message, two.hits]).toEqual([messages[0], []]);
  const refused = await rest.call('GET', `/sessions/${created.id}/messages/search?query=x&first=101`);
  expect([refused.status, refused.json.detail[0].loc]).toEqual([422, ['query', 'first']]);
  const titled = (await rest.call('GET', '/sessions/?user_id=alice&search=RENAM')).json;
  expect(titled.map(({ id }: { id: number }) => id)).toEqual([created.id]);
  expect((await rest.call('GET', '/sessions/?user_id=alice&search=Shared')).json).toEqual([]);
  await rest.call('POST', `/sessions/${created.id}/clear-history`);
  expect((await agree()).messages.edges).toEqual([]);
});

test('a cancellation over GraphQL ends the stream of a REST client', async () => {
  const { json: created } = await rest.call('POST', '/sessions/', {});
  const gate = createGate();
  gateway.model.script([text('Half'), gate]);
  const frames: Frame[] = [];
  for await (const frame of rest.chat(created.id, { prompt: 'Hi' })) {
    frames.push(frame);
    if (frame.data.type !== 'content') continue;
    const id = Buffer.from(`Session:${created.id}`).toString('base64');
    const cancel =
      'mutation ($id: ID!) { cancelRun(input: { sessionId: $id }) { cancelled message { content } } }';
    const { data } = await gateway.graphql(cancel, { id });
    expect(data.cancelRun).toEqual({ cancelled: true, message: { content: 'Half' } });
  }
  expect(frames.at(-1)?.data.type).toBe('cancelled');
});

test('the OpenAPI document of a gateway is valid OpenAPI 3.1', async () => {
  const description = await (await gateway.rest('/openapi.json')).json();
  expect(await new Validator().validate(description)).toEqual({ valid: true });
  // The ten of the legacy documentation, the ticket of a stream, the workspace of a session with its files, two of
  // attachments, two of decisions about tool calls, two of grants, and the search of messages.
  expect(Object.keys(description.paths)).toHaveLength(21);
});
