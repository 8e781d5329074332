import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { globalId, seed, seedManySessions } from './seed.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface PageArgs {
  first?: number;
  last?: number;
  after?: string;
  before?: string;
}

interface Page {
  titles: string[];
  startCursor: string;
  endCursor: string;
  hasPreviousPage: boolean;
  hasNextPage: boolean;
}

const args = 'first: $first, last: $last, after: $after, before: $before';
const declared = '$first: Int, $last: Int, $after: String, $before: String';
const pageInfo = 'pageInfo { startCursor endCursor hasPreviousPage hasNextPage }';

/** A page of the sessions of a user. Of ten, `Chat 9` is the newest. */
async function sessions(userId: string, pageArgs: PageArgs): Promise<Page> {
  const { data } = await gateway.graphql(
    `query ($userId: String, ${declared}) { sessions(userId: $userId, ${args}) { edges { node { title } } ${pageInfo} } }`,
    { userId, ...pageArgs },
  );
  const titles = data.sessions.edges.map(({ node }: { node: { title: string } }) => node.title);
  return { titles, ...data.sessions.pageInfo };
}

async function messages(id: string, pageArgs: PageArgs): Promise<Page> {
  const { data } = await gateway.graphql(
    `query ($id: ID!, ${declared}) { session(id: $id) { messages(${args}) { edges { node { content } } ${pageInfo} } } }`,
    { id, ...pageArgs },
  );
  const { edges, pageInfo: info } = data.session.messages;
  return { titles: edges.map(({ node }: { node: { content: string } }) => node.content), ...info };
}

const tenSessions = (userId: string) => seed(gateway.services.database, { sessions: 10, userId });
const remove = (id: number | undefined) =>
  gateway.graphql('mutation ($id: ID!) { deleteSession(id: $id) { deletedSessionId } }', {
    id: globalId('Session', id ?? 0),
  });

describe('pages of sessions', () => {
  test('pages of sessions go from the newest to the oldest, and say at both ends that there are no more', async () => {
    await tenSessions('alice');

    const first = await sessions('alice', { first: 4 });
    const second = await sessions('alice', { first: 4, after: first.endCursor });
    const third = await sessions('alice', { first: 4, after: second.endCursor });

    expect([first, second, third].map(({ titles }) => titles)).toEqual([
      ['Chat 9', 'Chat 8', 'Chat 7', 'Chat 6'],
      ['Chat 5', 'Chat 4', 'Chat 3', 'Chat 2'],
      ['Chat 1', 'Chat 0'],
    ]);
    expect([first, second, third].map(({ hasNextPage }) => hasNextPage)).toEqual([true, true, false]);
    expect([first, second, third].map(({ hasPreviousPage }) => hasPreviousPage)).toEqual([false, true, true]);
  });

  test('pages of sessions taken backwards have the same order', async () => {
    await tenSessions('bob');

    const last = await sessions('bob', { last: 4 });
    const middle = await sessions('bob', { last: 4, before: last.startCursor });
    const start = await sessions('bob', { last: 4, before: middle.startCursor });

    expect([start, middle, last].flatMap(({ titles }) => titles)).toEqual(
      [9, 8, 7, 6, 5, 4, 3, 2, 1, 0].map((number) => `Chat ${number}`),
    );
    expect([start, middle, last].map(({ hasPreviousPage }) => hasPreviousPage)).toEqual([false, true, true]);
    expect([start, middle, last].map(({ hasNextPage }) => hasNextPage)).toEqual([true, true, false]);
  });

  test('pages of sessions neither skip nor repeat a session when sessions are created and deleted in between', async () => {
    const ids = await tenSessions('carol');
    const first = await sessions('carol', { first: 4 });
    await seed(gateway.services.database, { sessions: 2, userId: 'carol' });
    await remove(ids[6]);
    await remove(ids[5]);

    const second = await sessions('carol', { first: 4, after: first.endCursor });
    expect(second.titles).toEqual(['Chat 4', 'Chat 3', 'Chat 2', 'Chat 1']);

    await remove(ids[4]);
    const back = await sessions('carol', { last: 10, before: second.startCursor });
    expect(back.titles).toEqual(['Chat 1', 'Chat 0', 'Chat 9', 'Chat 8', 'Chat 7']);
  });

  test('a page of sessions has 20 by default, and no sessions for first: 0', async () => {
    await seed(gateway.services.database, { sessions: 25, userId: 'dave' });

    expect((await sessions('dave', {})).titles).toHaveLength(20);
    expect(await sessions('dave', { first: 0 })).toMatchObject({ titles: [], hasNextPage: true });
  });

  test('a page that holds exactly all sessions does not promise another page', async () => {
    await tenSessions('erin');

    expect(await sessions('erin', { first: 10 })).toMatchObject({ hasNextPage: false });
    expect(await sessions('erin', { last: 10 })).toMatchObject({ hasPreviousPage: false });
  });

  test('an empty page of sessions has no cursors', async () => {
    expect(await sessions('nobody', { first: 5 })).toEqual({
      titles: [],
      startCursor: null,
      endCursor: null,
      hasPreviousPage: false,
      hasNextPage: false,
    });
  });

  test('an empty cursor counts as none, in pages of sessions and of messages', async () => {
    await tenSessions('heidi');
    const [sessionId = 0] = await seed(gateway.services.database, { sessions: 1, turns: 1 });
    const id = globalId('Session', sessionId);
    const none = { after: '', before: '' };
    for (const size of [{ first: 2 }, { last: 2 }]) {
      expect(await sessions('heidi', { ...size, ...none })).toEqual(await sessions('heidi', size));
      expect(await messages(id, { ...size, ...none })).toEqual(await messages(id, size));
    }
  });

  test('a page of sessions stays between the cursors after and before', async () => {
    await tenSessions('frank');
    const all = await sessions('frank', { first: 10 });

    const between = await sessions('frank', { after: all.startCursor, before: all.endCursor, first: 3 });
    const end = await sessions('frank', { after: all.startCursor, before: all.endCursor, last: 3 });

    expect(between.titles).toEqual(['Chat 8', 'Chat 7', 'Chat 6']);
    expect(end.titles).toEqual(['Chat 3', 'Chat 2', 'Chat 1']);
  });
});

describe('pages of sessions by last activity', () => {
  const byActivity = `query ($userId: String, $search: String, ${declared}) {
    sessions(userId: $userId, search: $search, orderBy: LAST_ACTIVITY, ${args}) {
      edges { node { title } } ${pageInfo}
    }
  }`;
  async function active(userId: string, pageArgs: PageArgs & { search?: string }): Promise<Page> {
    const { data } = await gateway.graphql(byActivity, { userId, ...pageArgs });
    const titles = data.sessions.edges.map(({ node }: { node: { title: string } }) => node.title);
    return { titles, ...data.sessions.pageInfo };
  }
  const chats = (...numbers: number[]) => numbers.map((number) => `Chat ${number}`);

  test('the session with the newest prompt or answer comes first, and other changes move no session', async () => {
    const [first, second, third] = [
      await gateway.createSession({ userId: 'iris', title: 'First' }),
      await gateway.createSession({ userId: 'iris', title: 'Second' }),
      await gateway.createSession({ userId: 'iris', title: 'Third' }),
    ];
    await collect(chat(gateway.client(), { sessionId: first, prompt: 'Hello' }));
    await gateway.graphql('mutation ($id: ID!) { updateSession(id: $id, input: { title: "2nd" }) { id } }', {
      id: second,
    });

    expect((await active('iris', {})).titles).toEqual(['First', 'Third', '2nd']);
    const times = 'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Session { createdAt lastActivityAt } } }';
    const { data } = await gateway.graphql(times, { ids: [first, third] });
    const [used, unused] = data.nodes;
    expect(Date.parse(used.lastActivityAt)).toBeGreaterThan(Date.parse(used.createdAt));
    expect(unused.lastActivityAt).toBe(unused.createdAt);
  });

  test('pages by last activity join without a gap in both directions, also between sessions of the same moment', async () => {
    await seedManySessions(gateway.services.database, 'jack', 25);

    const first = await active('jack', { first: 12 });
    const second = await active('jack', { first: 20, after: first.endCursor });
    const back = await active('jack', { last: 12, before: second.startCursor });

    const all = Array.from({ length: 25 }, (_, index) => 25 - index);
    expect([...first.titles, ...second.titles]).toEqual(chats(...all));
    expect([first.hasNextPage, second.hasNextPage]).toEqual([true, false]);
    expect(back.titles).toEqual(first.titles);
  });

  test('a session that becomes active while a list is paged is in no later page, and no other one is missing', async () => {
    const ids = await tenSessions('kate');
    const { database } = gateway.services;
    const at = (index: number) => new Date(1_700_000_000_000 + index);
    for (const [index, id] of ids.entries()) {
      await database.session.update({ where: { id }, data: { lastActivityAt: at(index) } });
    }
    const first = await active('kate', { first: 4 });
    await collect(chat(gateway.client(), { sessionId: globalId('Session', ids[3] ?? 0), prompt: 'Hello' }));

    expect((await active('kate', { first: 10, after: first.endCursor })).titles).toEqual(
      chats(5, 4, 2, 1, 0),
    );
    expect((await active('kate', { first: 2 })).titles).toEqual(chats(3, 9));
  });

  test('a search finds titles in the order of last activity and of creation, in every piece of a long list', async () => {
    await seedManySessions(gateway.services.database, 'liam', 10_100);
    const needles = [10_100, 5_100, 5_099, 100, 99, 1];
    const titles = needles.map((number) => `Chat ${number}`);
    await gateway.services.database.session.updateMany({
      where: { userId: 'liam', title: { notIn: titles } },
      data: { title: 'Other' },
    });

    const first = await active('liam', { search: 'chat', first: 3 });
    const rest = await active('liam', { search: 'chat', first: 9, after: first.endCursor });
    const created = await gateway.graphql(
      '{ sessions(userId: "liam", search: "chat") { edges { node { title } } } }',
    );

    expect([...first.titles, ...rest.titles]).toEqual(titles);
    expect(created.data.sessions.edges.map(({ node }: { node: { title: string } }) => node.title)).toEqual(
      titles,
    );
  });

  test('a cursor of one order is refused for the other one', async () => {
    await tenSessions('mona');
    const created = await sessions('mona', { first: 1 });

    const { errors } = await gateway.graphql(byActivity, { userId: 'mona', after: created.endCursor });

    expect(errors?.[0]).toMatchObject({
      message: 'after: not a cursor that this API has given out for this list and order.',
      extensions: { code: 'BAD_USER_INPUT', field: 'after' },
    });
  });

  test('the preview of a session is the beginning of its first prompt on one line, until the history is cleared', async () => {
    const id = await gateway.createSession({ userId: 'nina' });
    const preview = async () => {
      const { data } = await gateway.graphql('query ($id: ID!) { session(id: $id) { preview } }', { id });
      return data.session.preview;
    };
    expect(await preview()).toBeNull();
    const prompt = `  Why is\n\nthe sky ${'very '.repeat(30)}blue?`;
    await collect(chat(gateway.client(), { sessionId: id, prompt }));
    await collect(chat(gateway.client(), { sessionId: id, prompt: 'And the sea?' }));

    expect(await preview()).toBe(`Why is the sky ${'very '.repeat(20)}very…`);
    await gateway.graphql('mutation ($id: ID!) { clearHistory(sessionId: $id) { id } }', { id });
    expect(await preview()).toBeNull();
  });
});

describe('pages of messages', () => {
  test('pages of messages go from the oldest to the newest, and begin at the end for last', async () => {
    const [sessionId = 0] = await seed(gateway.services.database, { sessions: 1, turns: 3 });
    const id = globalId('Session', sessionId);

    const first = await messages(id, { first: 4 });
    const rest = await messages(id, { first: 4, after: first.endCursor });
    const end = await messages(id, { last: 2 });

    expect(first).toMatchObject({
      titles: ['Question 0', 'Answer 0', 'Question 1', 'Answer 1'],
      hasPreviousPage: false,
      hasNextPage: true,
    });
    expect(rest).toMatchObject({
      titles: ['Question 2', 'Answer 2'],
      hasPreviousPage: true,
      hasNextPage: false,
    });
    expect(end).toMatchObject({ titles: rest.titles, hasPreviousPage: true, hasNextPage: false });
  });

  test('a cursor of a message stays valid while new messages are added', async () => {
    const id = await gateway.createSession({ userId: 'grace' });
    await collect(chat(gateway.client(), { sessionId: id, prompt: 'Hello' }));
    const before = await messages(id, { first: 2 });
    await gateway.graphql(
      'mutation ($id: ID!) { sendMessage(input: { sessionId: $id, prompt: "More", onBusy: ENQUEUE }) { id } }',
      { id },
    );

    const after = await messages(id, { first: 2, after: before.endCursor });

    expect(before.titles[0]).toBe('Hello');
    expect(after.titles[0]).toBe('More');
  });
});

describe('pages of runs', () => {
  test('the runs of a session are a list of their own, which clearHistory keeps', async () => {
    const [first = 0, second = 0] = await seed(gateway.services.database, { sessions: 2, turns: 3 });
    const query = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Session {
      all: runs { totalCount nodes { id userMessage { content } } }
      newest: runs(last: 1) { nodes { userMessage { content } } edges { node { id } } pageInfo { hasPreviousPage } }
    } } }`;
    const ids = [globalId('Session', first), globalId('Session', second)];

    const [one, two] = (await gateway.graphql(query, { ids })).data.nodes;

    const asked = (content: string) => ({ userMessage: { content } });
    for (const { all, newest } of [one, two]) {
      expect(all.totalCount).toBe(3);
      expect(all.nodes).toMatchObject(['Question 0', 'Question 1', 'Question 2'].map(asked));
      expect(newest).toEqual({
        nodes: [asked('Question 2')],
        edges: [{ node: { id: all.nodes[2].id } }],
        pageInfo: { hasPreviousPage: true },
      });
    }
    await gateway.graphql('mutation ($id: ID!) { clearHistory(sessionId: $id) { id } }', { id: ids[0] });
    const [cleared] = (await gateway.graphql(query, { ids })).data.nodes;
    expect(cleared.all.totalCount).toBe(3);
    expect(cleared.newest.nodes).toEqual([{ userMessage: null }]);
  });
});

test('every list of pages says how many items it has, and gives them without their cursors', async () => {
  await seed(gateway.services.database, { sessions: 3, turns: 1, userId: 'judy' });
  const { data, errors } = await gateway.graphql(`{
    sessions(userId: "judy", first: 1) {
      totalCount
      atMost: totalCount(upTo: 2)
      nodes { title messages { totalCount nodes { role } } runs { totalCount } }
    }
    agentNodes { totalCount nodes { nodeId } }
  }`);
  expect(errors).toBeUndefined();
  expect(data).toEqual({
    sessions: {
      totalCount: 3,
      atMost: 2,
      nodes: [
        {
          title: 'Chat 2',
          messages: { totalCount: 2, nodes: [{ role: 'USER' }, { role: 'ASSISTANT' }] },
          runs: { totalCount: 1 },
        },
      ],
    },
    agentNodes: { totalCount: 0, nodes: [] },
  });
});
