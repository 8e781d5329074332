import { expect, test } from 'vitest';
import { readPage, snippets } from '../../support/files/readme.ts';
import { chat, collect } from '../../support/gateway/chat.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import type { GatewayApi } from '../../support/gateway/gateway-api.ts';
import { adminJwt, jwtSettings, signJwt } from '../../support/gateway/jwt.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';
import { beginWatch, type SeenEvent, watch } from '../../support/gateway/watch.ts';

const shared = shareGateway(() => startTestGateway({ settings: jwtSettings }));

const as = async (sub: string): Promise<GatewayApi> => shared().as(await signJwt({ sub }));

const rename = (gateway: GatewayApi, id: string, title: string) =>
  gateway.query(
    'mutation ($id: ID!, $title: String) { updateSession(id: $id, input: { title: $title }) { id } }',
    {
      id,
      title,
    },
  );
const remove = (gateway: GatewayApi, id: string) =>
  gateway.query('mutation ($id: ID!) { deleteSession(id: $id) { databaseId } }', { id });

const namesOf = (seen: readonly SeenEvent[]) => seen.map(({ __typename }) => __typename);
const placesOf = (seen: readonly SeenEvent[]) =>
  seen.map(({ __typename, cursor, at }) => ({ __typename, cursor, at }));

test('a client that was away gets what it missed, each event once and in the same order, wherever it broke off', async () => {
  const alice = await as('alice');
  const sessionId = await alice.createSession();
  const after = await beginWatch(alice, sessionId);
  await using stayed = watch(alice, { sessionId, after });

  await collect(chat(alice.client(), { sessionId, prompt: 'Hi' }));
  await rename(alice, sessionId, 'Greetings');
  await collect(chat(alice.client(), { sessionId, prompt: 'Hello again' }));
  const all = placesOf(await stayed.until(9));

  expect(namesOf(all as SeenEvent[])).toEqual([
    ...['MessageAdded', 'MessageAdded', 'RunStarted', 'RunEnded', 'SessionUpdated'],
    ...['MessageAdded', 'MessageAdded', 'RunStarted', 'RunEnded'],
  ]);
  expect(new Set(all.map(({ cursor }) => cursor)).size).toBe(all.length);
  for (const [index, { cursor }] of [{ cursor: after }, ...all].slice(0, -1).entries()) {
    await using resumed = watch(alice, { sessionId, after: cursor });
    expect(placesOf(await resumed.until(all.length - index))).toEqual(all.slice(index));
  }
});

test('viewerEvents tells of all sessions of the viewer and of no other, and an admin of all', async () => {
  const [alice, bob, admin] = [await as('alice'), await as('bob'), shared().as(await adminJwt('root'))];
  const others = await bob.createSession({ title: 'Private' });
  const [afterOfAlice, afterOfAdmin] = [await beginWatch(alice), await beginWatch(admin)];
  await using hers = watch(alice, { after: afterOfAlice });
  await using everyones = watch(admin, { after: afterOfAdmin });

  const sessionId = await alice.createSession({ title: 'Plans' });
  await rename(bob, others, 'Still private');
  await collect(chat(alice.client(), { sessionId, prompt: 'Hi' }));
  await rename(alice, sessionId, 'Plans for May');
  await alice.query('mutation { registerNode(input: { nodeId: "desk" }) { token } }');
  await remove(alice, sessionId);

  const seen = await hers.until('SessionDeleted');
  expect(namesOf(seen)).toEqual([
    ...['SessionCreated', 'RunStarted', 'RunEnded', 'SessionUpdated', 'NodeChanged', 'SessionDeleted'],
  ]);
  expect(seen.at(-1)).toMatchObject({ deletedSessionId: sessionId });
  expect(seen.at(-2)).toMatchObject({ nodeId: 'desk', node: { displayName: 'desk' } });
  expect(namesOf(await everyones.until('SessionDeleted'))).toEqual([
    ...['SessionCreated', 'SessionUpdated', 'RunStarted', 'RunEnded', 'SessionUpdated', 'NodeChanged'],
    'SessionDeleted',
  ]);
});

test('a cursor of another user, of another stream, or one that was changed is refused, and the error names `after`', async () => {
  const [alice, bob] = [await as('alice'), await as('bob')];
  const [hers, another, his] = [
    await alice.createSession(),
    await alice.createSession(),
    await bob.createSession(),
  ];
  const cursor = await beginWatch(alice, hers);
  const refused = expect.objectContaining({ code: 'BAD_USER_INPUT', field: 'after' });
  const forged = Buffer.from(cursor, 'base64url');
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;

  await expect(watch(bob, { sessionId: his, after: cursor }).ended).rejects.toEqual(refused);
  await expect(watch(alice, { sessionId: another, after: cursor }).ended).rejects.toEqual(refused);
  await expect(watch(alice, { after: cursor }).ended).rejects.toEqual(refused);
  await expect(watch(bob, { after: await beginWatch(alice) }).ended).rejects.toEqual(refused);
  for (const after of [forged.toString('base64url'), `${cursor}=`, '', 'x', '🙂', 'A'.repeat(100_000)]) {
    await expect(watch(alice, { sessionId: hers, after }).ended, after.slice(0, 80)).rejects.toEqual(refused);
  }
});

test('the example in EVENTS.md keeps a list current', async () => {
  const alice = await as('alice');
  const [query = ''] = snippets('graphql', readPage('src/changes/EVENTS.md'));
  const events = alice.client().iterate({ query, variables: { after: await beginWatch(alice) } });
  const id = await alice.createSession({ title: 'Plans' });
  await rename(alice, id, 'Plans for May');

  const told = [(await events.next()).value, (await events.next()).value];
  await events.return?.();

  expect(told).toMatchObject([
    { data: { viewerEvents: { __typename: 'SessionCreated', session: { id } } } },
    { data: { viewerEvents: { __typename: 'SessionUpdated', session: { id, title: 'Plans for May' } } } },
  ]);
});

test('a session is told of its deletion, ends with it, and a client that was away finds that it is gone', async () => {
  const alice = await as('alice');
  const sessionId = await alice.createSession();
  const after = await beginWatch(alice, sessionId);
  await using watching = watch(alice, { sessionId, after });
  await rename(alice, sessionId, 'Short');
  await watching.until(1);

  await remove(alice, sessionId);
  await watching.ended;

  expect(namesOf(watching.seen)).toEqual(['SessionUpdated', 'SessionDeleted']);
  const gone = expect.objectContaining({ code: 'NOT_FOUND' });
  await expect(watch(alice, { sessionId, after }).ended).rejects.toEqual(gone);
});

test('the cursor of `RunStarted` among run events is one of the events of the session', async () => {
  const alice = await as('alice');
  const sessionId = await alice.createSession();
  const query = `subscription ($input: ChatInput!) {
    chat(input: $input) { __typename ... on RunStarted { cursor at } }
  }`;
  const events: SeenEvent[] = [];
  const variables = { input: { sessionId, prompt: 'Hi' } };
  for await (const { data } of alice.client().iterate({ query, variables })) {
    events.push((data as { chat: SeenEvent }).chat);
  }
  const after = events[0]?.cursor;

  await using resumed = watch(alice, { sessionId, after });
  expect(namesOf(await resumed.until(1))).toEqual(['RunEnded']);
});
