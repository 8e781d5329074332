import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { globalId, seed } from './seed.ts';

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

  test('a page of sessions stays between the cursors after and before', async () => {
    await tenSessions('frank');
    const all = await sessions('frank', { first: 10 });

    const between = await sessions('frank', { after: all.startCursor, before: all.endCursor, first: 3 });
    const end = await sessions('frank', { after: all.startCursor, before: all.endCursor, last: 3 });

    expect(between.titles).toEqual(['Chat 8', 'Chat 7', 'Chat 6']);
    expect(end.titles).toEqual(['Chat 3', 'Chat 2', 'Chat 1']);
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
