import { expect, test } from 'vitest';
import { chat, collect, follow } from '../../support/gateway/chat.ts';
import { databaseIdOf } from '../../support/gateway/database-id.ts';
import { type Known, messageId, type Random, randomFrom, Tree } from '../../support/gateway/message-tree.ts';
import type { ScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { createGatedTools, steer } from '../../support/gateway/steering.ts';
import { countBytes } from '../../support/gateway/stored-bytes.ts';
import { text } from '../../support/model/turn.ts';

const { tools, gatedCall } = createGatedTools();
const shared = shareScriptedGateway({ tools });

let prompts = 0;

/** Sends a prompt. Returns the id of its run's messages. */
async function send(
  gateway: ScriptedGateway,
  sessionId: string,
  tree: Tree,
  place: { editOf?: Known; answerTo?: Known },
) {
  prompts += 1;
  const [prompt, answer] = [`Prompt ${prompts}`, `Answer ${prompts}`];
  gateway.model.script([text(answer)]);
  const input = {
    sessionId,
    ...(place.editOf && { editOf: messageId(place.editOf.id) }),
    ...(place.answerTo ? { answerTo: messageId(place.answerTo.id) } : { prompt }),
    ...(tree.head > 0 && { expectedHead: messageId(tree.head) }),
  };
  const events = await collect(chat(gateway.client(), input));
  expect(events.at(-1)?.__typename).toBe('RunCompleted');
  const answerId = databaseIdOf(events.at(-1)?.['message'].id);
  const parent = place.answerTo?.id ?? answerId - 1;
  if (!place.answerTo) {
    const before = place.editOf ? place.editOf.parent : tree.head;
    tree.messages.push({ id: parent, parent: before, role: 'USER', content: prompt });
  }
  tree.messages.push({ id: answerId, parent, role: 'ASSISTANT', content: answer });
  tree.head = answerId;
  expect(shownTo(gateway, gateway.model.requests.length - 1)).toEqual(tree.told(parent));
}

/** The prompts and answers of a request to the model. */
function shownTo(gateway: ScriptedGateway, request: number): string[] {
  const told = gateway.model.requests[request]?.body['messages'] as { content: string | null }[];
  const texts = told.flatMap(({ content }) => (content ?? '').split('\n\n'));
  return texts.filter((content) => /^(Prompt|Answer) \d+$/.test(content));
}

/** Sends a prompt, and others while its tool runs: some join the answer, and some wait in the queue. */
async function sendSteered(gateway: ScriptedGateway, sessionId: string, tree: Tree, random: Random) {
  prompts += 1;
  const own = prompts;
  const { gate, call } = gatedCall('a');
  const others = Array.from({ length: 1 + random.below(3) }, () => {
    prompts += 1;
    return { number: prompts, steers: random.next() < 0.7 };
  });
  const queued = others.filter(({ steers }) => !steers);
  const answers = [own, ...queued.map(({ number }) => number)].map((number) => [text(`Answer ${number}`)]);
  gateway.model.script([call], ...answers);
  const requests = gateway.model.requests.length;
  const seen = collect(chat(gateway.client(), { sessionId, prompt: `Prompt ${own}` }));
  await gate.reached;
  const runs: string[] = [];
  for (const { number, steers } of others) {
    const onBusy = steers ? 'STEER' : 'ENQUEUE';
    runs.push((await steer(gateway, { sessionId, prompt: `Prompt ${number}`, onBusy })).id);
  }
  gate.release();
  const end = (await seen).at(-1);
  expect(end?.__typename).toBe('RunCompleted');
  for (const run of runs) await collect(follow(gateway.client(), run));
  const answerId = databaseIdOf(end?.['message'].id);
  const add = (message: Known) => {
    tree.messages.push(message);
    tree.head = message.id;
  };
  add({ id: answerId - 1, parent: tree.head, role: 'USER', content: `Prompt ${own}` });
  add({ id: answerId, parent: answerId - 1, role: 'ASSISTANT', content: `Answer ${own}` });
  // Each prompt is stored with an answer, which is deleted where it joins another one.
  for (const [index, { number, steers }] of others.entries()) {
    const id = answerId + 1 + 2 * index;
    const into = steers ? { into: answerId } : {};
    add({ id, parent: tree.head, role: 'USER', content: `Prompt ${number}`, ...into });
    if (!steers) add({ id: id + 1, parent: id, role: 'ASSISTANT', content: `Answer ${number}` });
  }
  const promptOf = (number: number) => tree.messages.find(({ content }) => content === `Prompt ${number}`);
  expect(shownTo(gateway, requests + 1)).toEqual(
    tree.told(answerId).filter((content) => content !== `Answer ${own}`),
  );
  for (const [index, { number }] of queued.entries()) {
    expect(shownTo(gateway, requests + 2 + index)).toEqual(tree.told(promptOf(number)?.id ?? 0));
  }
}

async function step(gateway: ScriptedGateway, sessionId: string, tree: Tree, random: Random): Promise<void> {
  const choice = random.next();
  const any = random.of(tree.messages);
  const asked = random.of(tree.messages.filter(({ role, into }) => role === 'USER' && into === undefined));
  if (choice < 0.15) return sendSteered(gateway, sessionId, tree, random);
  if (choice < 0.3 || !any || !asked) return send(gateway, sessionId, tree, {});
  if (choice < 0.5) return send(gateway, sessionId, tree, { editOf: asked });
  if (choice < 0.65) return send(gateway, sessionId, tree, { answerTo: asked });
  const id = messageId(any.id);
  if (choice < 0.85) {
    tree.select(any.id);
    await gateway.query('mutation ($id: ID!) { selectBranch(messageId: $id) { id } }', { id });
  } else if (choice < 0.95) {
    tree.delete(any);
    await gateway.query('mutation ($id: ID!) { deleteMessage(id: $id) { id } }', { id });
  } else if (choice < 0.98) {
    const { forkSession } = await gateway.query(
      'mutation ($id: ID!) { forkSession(messageId: $id) { id messages(first: 100) { edges { node { content } } } } }',
      { id },
    );
    const copied = forkSession.messages.edges.map(({ node }: { node: Known }) => node.content);
    expect(copied).toEqual(tree.copied(any.id));
    const { counted, stored } = await countBytes(gateway.services.database, forkSession.id);
    expect(counted).toBe(stored);
  } else {
    Object.assign(tree, new Tree());
    await gateway.query('mutation ($id: ID!) { clearHistory(sessionId: $id) { id } }', { id: sessionId });
  }
}

const checkDocument = `query ($id: ID!, $first: Int, $last: Int, $after: String, $before: String) { session(id: $id) {
  head { databaseId } preview
  all: messages(first: 100) { totalCount edges { cursor node { databaseId content parent { databaseId } siblings { databaseId } } } }
  page: messages(first: $first, last: $last, after: $after, before: $before) {
    edges { node { databaseId } } pageInfo { hasNextPage hasPreviousPage }
  }
} }`;

async function check(gateway: ScriptedGateway, sessionId: string, tree: Tree, random: Random): Promise<void> {
  const path = tree.path();
  const around = random.of(tree.messages)?.id ?? 1;
  const cursor = Buffer.from(`cursor:${around}`).toString('base64url');
  const size = 1 + random.below(5);
  const isForward = random.next() < 0.5;
  const bounds = isForward ? { first: size, after: cursor } : { last: size, before: cursor };
  const { session } = await gateway.query(checkDocument, { id: sessionId, ...bounds });
  const idsOf = (edges: { node: { databaseId: number } }[]) => edges.map(({ node }) => node.databaseId);
  expect(idsOf(session.all.edges)).toEqual(path.map(({ id }) => id));
  expect(session.all.totalCount).toBe(path.length);
  expect(session.head?.databaseId ?? 0).toBe(tree.head);
  expect(session.preview).toBe(path[0]?.content ?? null);
  for (const [index, { node }] of session.all.edges.entries()) {
    const known = path[index] as Known;
    expect(node.parent?.databaseId ?? 0).toBe(known.parent);
    expect(node.siblings.map((each: { databaseId: number }) => each.databaseId)).toEqual(
      tree.siblings(known),
    );
  }
  const ids = path.map(({ id }) => id);
  const page = isForward
    ? ids.filter((id) => id > around).slice(0, size)
    : ids.filter((id) => id < around).slice(-size);
  expect(idsOf(session.page.edges)).toEqual(page);
  if (isForward)
    expect(session.page.pageInfo.hasNextPage).toBe(ids.some((id) => id > Math.max(around, page.at(-1) ?? 0)));
  else
    expect(session.page.pageInfo.hasPreviousPage).toBe(
      page.length > 0 && ids.some((id) => id < (page[0] ?? 0)),
    );
}

test.each([1, 2, 3, 4])(
  'a session with random edits, answers, steering, selections, deletions and copies is the tree that they make (seed %i)',
  async (seed) => {
    const gateway = shared();
    const random = randomFrom(seed);
    const sessionId = await gateway.createSession();
    const tree = new Tree();
    for (let steps = 0; steps < 40; steps += 1) {
      await step(gateway, sessionId, tree, random);
      await check(gateway, sessionId, tree, random);
    }
    const { database } = gateway.services;
    const id = databaseIdOf(sessionId);
    const left = () => database.message.count({ where: { sessionId: id } });
    // A sweep that failed is tried again after ten seconds.
    await expect.poll(left, { timeout: 30_000 }).toBe(tree.messages.length);
    const { messageCount } = await database.session.findUniqueOrThrow({ where: { id } });
    expect(messageCount).toBe(tree.messages.length);
    const { counted, stored } = await countBytes(database, sessionId);
    expect(counted).toBe(stored);
    expect(await database.removedMessages.count({ where: { sessionId: id } })).toBe(0);
  },
);
