import { globalId } from '../gateway/schema/seed.ts';
import type { TestGateway } from '../support/gateway/gateway.ts';

type Read = (gateway: TestGateway) => Promise<unknown>;

const longSession = globalId('Session', 1);

/** Every kind of read, by name. The long session has the id 1, and the user bob has three sessions among many others. */
export const reads: Record<string, Read> = {
  'session with its last 50 messages': session(
    'title lastMessage { content } tokenUsage { totalTokens } messages(last: 50) { edges { node { content } } }',
  ),
  'first 50 messages with their runs': session(
    'messages(first: 50) { edges { node { content run { id } toolCalls { name } } } }',
  ),
  '50 messages after the first 50': async (gateway) => {
    const after = await cursor(gateway, 'messages(first: 50) { pageInfo { cursor: endCursor } }');
    return read(gateway, `messages(first: 50, after: "${after}") { edges { node { content } } }`);
  },
  '50 messages before the last 50': async (gateway) => {
    const before = await cursor(gateway, 'messages(last: 50) { pageInfo { cursor: startCursor } }');
    return read(gateway, `messages(last: 50, before: "${before}") { edges { node { content } } }`);
  },
  '10 messages between two others': async (gateway) => {
    const ends = 'messages(first: 12) { pageInfo { cursor: startCursor end: endCursor } }';
    const { session } = await read(gateway, ends);
    const { cursor: after, end: before } = session.messages.pageInfo;
    return read(
      gateway,
      `messages(last: 10, after: "${after}", before: "${before}") { edges { node { content } } }`,
    );
  },
  'session with its last 20 runs': session('lastRun { id } runs(last: 20) { edges { node { status } } }'),
  'session with its nodes': session(
    'nodes { syncStatus node { displayName } } workspace { id } activeRun { id }',
  ),
  'first 50 sessions with their last message': query(
    '{ sessions(first: 50) { edges { node { title lastMessage { content } } } } }',
  ),
  'last 50 sessions': query('{ sessions(last: 50) { edges { node { title } } } }'),
  'first 50 sessions by activity': query(
    '{ sessions(first: 50, orderBy: LAST_ACTIVITY) { edges { node { title } } } }',
  ),
  'sessions of a user who has three': query('{ sessions(userId: "bob") { edges { node { title } } } }'),
  'sessions of a feature that has none': query(
    '{ sessions(featureName: "other", orderBy: LAST_ACTIVITY) { edges { node { title } } } }',
  ),
  'search with 20 hits': search('chat'),
  'search without a hit': search('nowhere'),
  'search for two characters': search('ch'),
  'search for two characters without a hit': search('zq'),
  'search for one character by activity': search('c', 'orderBy: LAST_ACTIVITY'),
  'search for one character without a hit': search('~'),
  'search for two characters by activity without a hit': search('zq', 'orderBy: LAST_ACTIVITY'),
  'search for a Chinese word without a hit': search('\u6F22\u5B57'),
  'search in a feature without a hit': search('zq', 'featureName: "default"'),
  'search from the end': query('{ sessions(last: 20, search: "chat") { edges { node { title } } } }'),
  'search in the sessions of a user who has three': search('chat', 'userId: "bob"'),
  'search in the sessions of nobody': search('chat', 'userId: "nobody"'),
  'search for two characters in the sessions of nobody': search('ch', 'userId: "nobody"'),
  'sessions that are not archived, by activity': query(
    '{ sessions(archived: false, first: 50, orderBy: LAST_ACTIVITY) { edges { node { title } } } }',
  ),
  'archived sessions': query('{ sessions(archived: true, first: 50) { edges { node { title } } } }'),
  'archived sessions of a user who has three': query(
    '{ sessions(userId: "bob", archived: true) { edges { node { title } } } }',
  ),
  'sessions of a tag': query('{ sessions(tag: "rare", first: 50) { edges { node { title tags } } } }'),
  'sessions of a tag that all have, by activity': query(
    '{ sessions(tag: "frequent", first: 50, orderBy: LAST_ACTIVITY) { edges { node { title } } } }',
  ),
  'pinned sessions': query('{ sessions(pinned: true, first: 50) { edges { node { title } } } }'),
  'messages with a word that few have': searchMessages('zebra'),
  'messages with a word that all have': searchMessages('question'),
  'messages with a word that none has': searchMessages('nowhere'),
  'messages of the long session with a word': searchMessages('answer', `sessionId: "${longSession}"`),
  'siblings of the last messages': session('messages(last: 20) { edges { node { siblings { id } } } }'),
  'branch with its parents': session('head { id parent { id } siblings { id } }'),
  'changes of a session': changes,
  'count of up to 100 sessions': query('{ sessions(first: 1) { totalCount(upTo: 100) } }'),
  'first 20 nodes': query('{ agentNodes { edges { node { displayName } } } }'),
  'node by its id': query(`{ node(id: "${longSession}") { id ... on Session { preview } } }`),
  'REST session': rest('/sessions/1'),
  'REST tokens': rest('/sessions/1/tokens'),
  'REST nodes': rest('/sessions/1/nodes'),
  'REST list of a user who has three': rest('/sessions/?user_id=bob'),
  'REST messages of a short session': rest('/sessions/2/messages'),
};

function query(text: string): Read {
  return (gateway) => gateway.query(text);
}

function search(text: string, more = ''): Read {
  return query(`{ sessions(first: 20, search: "${text}", ${more}) { edges { node { title } } } }`);
}

function searchMessages(words: string, more = ''): Read {
  return query(`{ searchMessages(query: "${words}", first: 20 ${more}) { edges { snippet node { id } } } }`);
}

/** Where a client has left off, before the last change of the long session. */
const cursors = new WeakMap<TestGateway, string>();

/** What a client has missed of a session. */
async function changes(gateway: TestGateway): Promise<unknown> {
  const cursor = cursors.get(gateway) ?? (await missedChange(gateway));
  cursors.set(gateway, cursor);
  return nextChange(gateway, cursor);
}

/** Changes the long session twice. Returns the cursor between both. */
async function missedChange(gateway: TestGateway): Promise<string> {
  const rename = (title: string) =>
    gateway.query(
      'mutation ($id: ID!, $title: String) { updateSession(id: $id, input: { title: $title }) { id } }',
      {
        id: longSession,
        title,
      },
    );
  const first = nextChange(gateway);
  // The subscription begins at some moment after that.
  let isSeen = false;
  void first.then(() => {
    isSeen = true;
  });
  for (let time = 0; !isSeen; time += 1) await rename(`Long ${time}`);
  await rename('Long');
  return first;
}

/** The cursor of the next change of the long session. */
async function nextChange(gateway: TestGateway, after?: string): Promise<string> {
  const query =
    'subscription ($id: ID!, $after: String) { sessionEvents(sessionId: $id, after: $after) { cursor } }';
  const following = gateway.client().iterate({ query, variables: { id: longSession, after } });
  const { value } = await following.next();
  await following.return?.();
  const data = value?.data as { sessionEvents: { cursor: string } } | null | undefined;
  if (!data) throw new Error('The subscription has ended.');
  return data.sessionEvents.cursor;
}

function session(selection: string): Read {
  return (gateway) => read(gateway, selection);
}

function read(gateway: TestGateway, selection: string) {
  const document = `query ($id: ID!) { session(id: $id) { ${selection} } }`;
  return gateway.query(document, { id: longSession });
}

async function cursor(gateway: TestGateway, selection: string): Promise<string> {
  const { session } = await read(gateway, selection);
  return session.messages.pageInfo.cursor;
}

function rest(path: string): Read {
  return async (gateway) => {
    const response = await gateway.rest(path);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return await response.text();
  };
}
