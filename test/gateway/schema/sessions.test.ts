import fc from 'fast-check';
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

  test('a search among many sessions finds exactly the titles that have the text, whatever text it is', async () => {
    // Letters that some foldings of case join (K and the Kelvin sign, S and the long s, I and dotted I), wildcards, and
    // what the language of the search index understands.
    const letters = [...'aAbkK\u212AsſSiIİéÉ語😀\u0001 %_\\"*^:+-(', 'NOT ', 'e\u0301'];
    const text = (minLength: number, maxLength: number) =>
      fc.array(fc.constantFrom(...letters), { minLength, maxLength }).map((parts) => parts.join(''));
    const stored = fc.sample(fc.option(text(0, 8)), { numRuns: 900, seed: 1 });
    await gateway.services.database.session.createMany({
      data: stored.map((title, index) => ({ userId: index % 3 === 0 ? 'grace' : 'frank', title })),
    });
    const franks = stored.filter((title, index) => title !== null && index % 3 !== 0) as string[];
    const fold = (title: string) => title.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
    const query = `query ($search: String) {
      newest: sessions(userId: "frank", search: $search, first: 20) { totalCount(upTo: 1000) edges { node { title } } }
      oldest: sessions(userId: "frank", search: $search, last: 20) { edges { node { title } } }
    }`;
    const shown = ({ edges }: { edges: { node: { title: string } }[] }) =>
      edges.map(({ node }) => node.title);

    await fc.assert(
      fc.asyncProperty(text(1, 5), async (search) => {
        const hits = franks.filter((title) => fold(title).includes(fold(search))).reverse();
        const { data, errors } = await gateway.graphql(query, { search });
        expect(errors).toBeUndefined();
        expect(shown(data.newest)).toEqual(hits.slice(0, 20));
        expect(shown(data.oldest)).toEqual(hits.slice(-20));
        expect(data.newest.totalCount).toBe(hits.length);
      }),
      { numRuns: 30 },
    );
  });

  test('a search finds what a title is now', async () => {
    const [renamed, deleted] = await Promise.all([
      gateway.createSession({ userId: 'frank', title: 'Zebra one' }),
      gateway.createSession({ userId: 'frank', title: 'Zebra two' }),
    ]);
    await gateway.services.database.session.createMany({
      data: Array.from({ length: 300 }, () => ({ userId: 'frank' })),
    });
    const find = async (text: string) => {
      const query =
        'query ($search: String) { sessions(userId: "frank", search: $search) { edges { node { id } } } }';
      const { data } = await gateway.graphql(query, { search: text });
      return data.sessions.edges.map(({ node }: { node: { id: string } }) => node.id).sort();
    };
    expect(await find('zebra')).toEqual([renamed, deleted].sort());

    await gateway.query(
      `mutation ($renamed: ID!, $deleted: ID!) {
        updateSession(id: $renamed, input: { title: "Quagga" }) { id }
        deleteSession(id: $deleted) { __typename }
      }`,
      { renamed, deleted },
    );

    expect([await find('zebra'), await find('QUAGGA')]).toEqual([[], [renamed]]);
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
