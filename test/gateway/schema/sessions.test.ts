import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { globalId } from './seed.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const settings = 'title providerName modelName systemPrompt featureName userId';

describe('createSession', () => {
  test('createSession needs no values, and its session belongs to the viewer', async () => {
    const { data } = await gateway.graphql(`mutation { createSession(input: {}) { ${settings} } }`);
    expect(data.createSession).toMatchInlineSnapshot(`
      {
        "featureName": "default",
        "modelName": null,
        "providerName": null,
        "systemPrompt": null,
        "title": null,
        "userId": "anonymous",
      }
    `);
  });
});

test('a mutation that fails keeps the results of the others in its document', async () => {
  const { data, errors } = await gateway.graphql(
    `mutation ($gone: ID!) {
      before: createSession(input: { title: "Before" }) { title }
      deleteSession(id: $gone) { deletedSessionId }
      after: createSession(input: { title: "After" }) { title }
    }`,
    { gone: globalId('Session', 999_999) },
  );
  expect(data).toEqual({ before: { title: 'Before' }, deleteSession: null, after: { title: 'After' } });
  expect(errors).toMatchObject([{ path: ['deleteSession'], extensions: { code: 'NOT_FOUND' } }]);
});

describe('updateSession', () => {
  const update = `mutation ($id: ID!, $input: UpdateSessionInput!) {
    updateSession(id: $id, input: $input) { title providerName modelName systemPrompt }
  }`;
  const all = { title: 'Trip', providerName: 'demo', modelName: 'demo-1', systemPrompt: 'Be brief.' };

  test('updateSession keeps settings that are left out, and removes settings that are null', async () => {
    const id = await gateway.createSession(all);

    const untouched = await gateway.graphql(update, { id, input: {} });
    expect(untouched.data.updateSession).toEqual(all);

    const renamed = await gateway.graphql(update, { id, input: { title: 'Tour' } });
    expect(renamed.data.updateSession).toEqual({ ...all, title: 'Tour' });

    const emptied = await gateway.graphql(update, {
      id,
      input: { title: null, providerName: null, modelName: null, systemPrompt: null },
    });
    expect(emptied.data.updateSession).toEqual({
      title: null,
      providerName: null,
      modelName: null,
      systemPrompt: null,
    });
  });
});

describe('deleteSessions', () => {
  const remove = `mutation ($userId: String, $featureName: String) {
    deleteSessions(userId: $userId, featureName: $featureName) { count deletedSessionIds }
  }`;

  test('deleteSessions deletes the sessions of a user in one part of an application, then all others of that user', async () => {
    const notes = await gateway.createSession({ userId: 'alice', featureName: 'notes' });
    const mail = await gateway.createSession({ userId: 'alice', featureName: 'mail' });
    const bobs = await gateway.createSession({ userId: 'bob', featureName: 'notes' });
    await collect(chat(gateway.client(), { sessionId: notes, prompt: 'Hello' }));

    const first = await gateway.graphql(remove, { userId: 'alice', featureName: 'notes' });
    const second = await gateway.graphql(remove, { userId: 'alice' });
    const third = await gateway.graphql(remove, { userId: 'alice' });

    expect([first, second, third].map(({ data }) => data.deleteSessions)).toEqual([
      { count: 1, deletedSessionIds: [notes] },
      { count: 1, deletedSessionIds: [mail] },
      { count: 0, deletedSessionIds: [] },
    ]);
    const left = await gateway.graphql('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      ids: [notes, mail, bobs],
    });
    expect(left.data.nodes).toEqual([null, null, { id: bobs }]);
    expect(await gateway.services.database.message.count()).toBe(0);
  });

  test('deleteSessions without a user deletes only sessions of the viewer', async () => {
    const mine = await gateway.createSession({ featureName: 'drafts' });
    const carols = await gateway.createSession({ userId: 'carol', featureName: 'drafts' });

    const { data } = await gateway.graphql(remove, { featureName: 'drafts' });

    expect(data.deleteSessions.deletedSessionIds).toEqual([mine]);
    expect((await gateway.graphql(`{ session(id: "${carols}") { id } }`)).data.session).toEqual({
      id: carols,
    });
  });
});

describe('sessions', () => {
  const search = `query ($search: String) {
    sessions(userId: "dave", search: $search) { edges { node { title } } }
  }`;
  const titles = async (text: string) => {
    const { data } = await gateway.graphql(search, { search: text });
    return data.sessions.edges.map(({ node }: { node: { title: string } }) => node.title);
  };

  test('sessions are found by a literal part of their title, in upper or lower case', async () => {
    for (const title of [
      'Trip to Lisbon',
      'Lisbon again',
      '100% done',
      '100 things',
      'under_score',
      'Évora',
    ]) {
      await gateway.createSession({ userId: 'dave', title });
    }
    await gateway.createSession({ userId: 'dave' });
    await gateway.createSession({ userId: 'erin', title: 'Lisbon with erin' });

    expect(await titles('Lisbon')).toEqual(['Lisbon again', 'Trip to Lisbon']);
    expect(await titles('lisbon')).toEqual(['Lisbon again', 'Trip to Lisbon']);
    expect(await titles('100%')).toEqual(['100% done']);
    expect(await titles('r_s')).toEqual(['under_score']);
    expect(await titles('Évo')).toEqual(['Évora']);
    expect(await titles("'; DROP TABLE")).toEqual([]);
  });
});

describe('node', () => {
  test('node finds objects by their ids, and nodes keeps the order of the ids', async () => {
    const session = await gateway.createSession({ title: 'Trip' });
    const seen = await collect(chat(gateway.client(), { sessionId: session, prompt: 'Hello' }));
    const run = seen[0]?.runId;
    const message = seen[0]?.['assistantMessageId'];

    const { data } = await gateway.graphql(
      `query ($ids: [ID!]!, $run: ID!) {
        node(id: $run) { __typename id ... on Run { status } }
        nodes(ids: $ids) { __typename id }
      }`,
      { run, ids: [message, globalId('Session', 2 ** 31 - 1), session, run, session] },
    );

    expect(data).toEqual({
      node: { __typename: 'Run', id: run, status: 'COMPLETED' },
      nodes: [
        { __typename: 'Message', id: message },
        null,
        { __typename: 'Session', id: session },
        { __typename: 'Run', id: run },
        { __typename: 'Session', id: session },
      ],
    });
  });
});
