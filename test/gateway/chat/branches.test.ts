import { describe, expect, test } from 'vitest';
import { type ChatVariables, chat, collect, follow } from '../../support/gateway/chat.ts';
import { longestTurn, measured } from '../../support/gateway/longest-turn.ts';
import type { ScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { createGate, text } from '../../support/model/turn.ts';

const shared = shareScriptedGateway();

interface ShownMessage {
  id: string;
  content: string;
  parent: { id: string } | null;
  siblings: { content: string }[];
}

/** The branch that a session shows. */
async function branchOf(gateway: ScriptedGateway, sessionId: string): Promise<ShownMessage[]> {
  const query = `query ($id: ID!) { session(id: $id) {
    head { id } lastMessage { id }
    messages(first: 100) { totalCount edges { node { id content parent { id } siblings { content } } } }
  } }`;
  const { session } = await gateway.query(query, { id: sessionId });
  const messages: ShownMessage[] = session.messages.edges.map(({ node }: { node: ShownMessage }) => node);
  expect(session.messages.totalCount).toBe(messages.length);
  expect(session.head?.id).toBe(messages.at(-1)?.id);
  expect(session.lastMessage?.id).toBe(messages.at(-1)?.id);
  messages.forEach(({ parent }, index) => {
    expect(parent?.id).toBe(messages[index - 1]?.id);
  });
  return messages;
}

const textsOf = (messages: readonly ShownMessage[]) => messages.map(({ content }) => content).join(' / ');

async function ask(
  gateway: ScriptedGateway,
  { answer, ...input }: ChatVariables & { answer: string },
): Promise<void> {
  gateway.model.script([text(answer)]);
  const events = await collect(chat(gateway.client(), input));
  expect(events.at(-1)?.__typename).toBe('RunCompleted');
}

const select = (gateway: ScriptedGateway, messageId: string | undefined) =>
  gateway.graphql(
    'mutation ($messageId: ID!) { selectBranch(messageId: $messageId) { id head { content } } }',
    {
      messageId,
    },
  );

/** The texts of the newest request to the model. */
function toldTo(gateway: ScriptedGateway): string {
  const messages = gateway.model.requests.at(-1)?.body['messages'] as { content: string }[];
  return messages.map(({ content }) => content).join(' / ');
}

/** A conversation of two prompts with their answers: A, a, B, b. */
async function converse(gateway: ScriptedGateway): Promise<{ sessionId: string; messages: ShownMessage[] }> {
  const sessionId = await gateway.createSession();
  await ask(gateway, { sessionId, prompt: 'A', answer: 'a' });
  await ask(gateway, { sessionId, prompt: 'B', answer: 'b' });
  return { sessionId, messages: await branchOf(gateway, sessionId) };
}

describe('branches', () => {
  test('an edited prompt is another version beside the first, and the model is told its branch alone', async () => {
    const gateway = shared();
    const { sessionId, messages } = await converse(gateway);
    expect(textsOf(messages)).toBe('A / a / B / b');

    await ask(gateway, { sessionId, prompt: 'C', editOf: messages[2]?.id, answer: 'c' });
    expect(toldTo(gateway)).toBe('A / a / C');
    const edited = await branchOf(gateway, sessionId);
    expect(textsOf(edited)).toBe('A / a / C / c');
    expect(edited[2]?.siblings).toEqual([{ content: 'B' }, { content: 'C' }]);

    await ask(gateway, { sessionId, prompt: 'D', answer: 'd' });
    expect(toldTo(gateway)).toBe('A / a / C / c / D');
    expect(textsOf(await branchOf(gateway, sessionId))).toBe('A / a / C / c / D / d');
  });

  test('the first prompt can be edited too, and the preview follows', async () => {
    const gateway = shared();
    const { sessionId, messages } = await converse(gateway);
    await ask(gateway, { sessionId, prompt: 'Z', editOf: messages[0]?.id, answer: 'z' });
    expect(toldTo(gateway)).toBe('Z');
    const edited = await branchOf(gateway, sessionId);
    expect(textsOf(edited)).toBe('Z / z');
    expect(edited[0]?.siblings).toEqual([{ content: 'A' }, { content: 'Z' }]);
    const preview = async () =>
      (await gateway.query('query ($id: ID!) { session(id: $id) { preview } }', { id: sessionId })).session;
    expect(await preview()).toEqual({ preview: 'Z' });
    await select(gateway, messages[0]?.id);
    expect(await preview()).toEqual({ preview: 'A' });
  });

  test('a prompt is answered once more, and both answers are kept', async () => {
    const gateway = shared();
    const { sessionId, messages } = await converse(gateway);
    await ask(gateway, { sessionId, answerTo: messages[0]?.id, answer: 'another a' });
    expect(toldTo(gateway)).toBe('A');
    const answered = await branchOf(gateway, sessionId);
    expect(textsOf(answered)).toBe('A / another a');
    expect(answered[1]?.siblings).toEqual([{ content: 'a' }, { content: 'another a' }]);

    const { data } = await select(gateway, messages[1]?.id);
    expect(data.selectBranch.head).toEqual({ content: 'b' });
    expect(textsOf(await branchOf(gateway, sessionId))).toBe('A / a / B / b');
  });

  test('a prompt continues the branch that was selected, also where another one is newer', async () => {
    const gateway = shared();
    const { sessionId, messages } = await converse(gateway);
    await ask(gateway, { sessionId, prompt: 'C', editOf: messages[2]?.id, answer: 'c' });
    await select(gateway, messages[2]?.id);
    await ask(gateway, { sessionId, prompt: 'E', answer: 'e' });
    expect(toldTo(gateway)).toBe('A / a / B / b / E');
    expect(textsOf(await branchOf(gateway, sessionId))).toBe('A / a / B / b / E / e');
    await ask(gateway, { sessionId, prompt: 'F', answer: 'f' });
    expect(textsOf(await branchOf(gateway, sessionId))).toBe('A / a / B / b / E / e / F / f');
    // The first message shows the newest of all branches.
    await select(gateway, messages[0]?.id);
    expect(textsOf(await branchOf(gateway, sessionId))).toBe('A / a / B / b / E / e / F / f');
  });

  test('a prompt under a conversation that has moved on is refused with the new head, and nothing is stored', async () => {
    const gateway = shared();
    const { sessionId, messages } = await converse(gateway);
    const send = (input: object) =>
      gateway.graphql('mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }', {
        input: { sessionId, ...input },
      });
    const late = await send({ prompt: 'Late', expectedHead: messages[1]?.id });
    expect(late.errors?.[0]).toMatchObject({
      extensions: { code: 'HEAD_MOVED', head: messages[3]?.id, field: 'input.expectedHead' },
    });
    expect(textsOf(await branchOf(gateway, sessionId))).toBe('A / a / B / b');
    await ask(gateway, { sessionId, prompt: 'On time', expectedHead: messages[3]?.id, answer: 'yes' });
    const empty = await gateway.createSession();
    const first = await gateway.graphql(
      'mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }',
      {
        input: { sessionId: empty, prompt: 'x', expectedHead: messages[3]?.id },
      },
    );
    expect(first.errors?.[0]).toMatchObject({ extensions: { code: 'HEAD_MOVED', head: null } });
  });

  test('a branch can be selected while a run is live, which goes on writing its own answer', async () => {
    const gateway = shared();
    const { sessionId, messages } = await converse(gateway);
    const gate = createGate();
    gateway.model.script([text('c'), gate, text('d')]);
    const events = chat(gateway.client(), { sessionId, prompt: 'C', editOf: messages[2]?.id });
    expect((await events.next()).value?.__typename).toBe('RunStarted');
    await select(gateway, messages[2]?.id);
    gate.release();
    expect((await collect(events)).at(-1)?.__typename).toBe('RunCompleted');
    const shown = await branchOf(gateway, sessionId);
    expect(textsOf(shown)).toBe('A / a / B / b');
    await select(gateway, await siblingOf(gateway, messages[2]?.id));
    expect(textsOf(await branchOf(gateway, sessionId))).toBe('A / a / C / cd');
  });
});

async function siblingOf(gateway: ScriptedGateway, id: string | undefined): Promise<string> {
  const { node } = await gateway.query(
    'query ($id: ID!) { node(id: $id) { ... on Message { siblings { id } } } }',
    {
      id,
    },
  );
  return node.siblings.at(-1).id;
}

describe('branches and those who follow', () => {
  const headMoved = `subscription ($sessionId: ID!) {
    sessionEvents(sessionId: $sessionId) { __typename ... on HeadMoved { head { content } } }
  }`;

  test('an edit, another answer, a selection and a deletion are told as HeadMoved, and a prompt that continues is not', async () => {
    const gateway = shared();
    const { sessionId, messages } = await converse(gateway);
    const seen: { __typename: string; head?: { content: string } | null }[] = [];
    const watching = gateway.client().iterate({ query: headMoved, variables: { sessionId } });
    const ended = (async () => {
      for await (const { data } of watching) seen.push((data as { sessionEvents: never }).sessionEvents);
    })();
    // The watch has begun when it has told of a change.
    await expect
      .poll(async () => {
        await gateway.query('mutation ($id: ID!) { updateSession(id: $id, input: {}) { id } }', {
          id: sessionId,
        });
        return seen.length;
      })
      .toBeGreaterThan(0);
    const moves = () => seen.filter(({ __typename }) => __typename === 'HeadMoved');

    await ask(gateway, { sessionId, prompt: 'D', answer: 'd' });
    await ask(gateway, { sessionId, prompt: 'C', editOf: messages[2]?.id, answer: 'c' });
    await expect.poll(moves).toHaveLength(1);
    await ask(gateway, { sessionId, answerTo: messages[0]?.id, answer: 'another a' });
    await expect.poll(moves).toHaveLength(2);
    await select(gateway, messages[2]?.id);
    await expect.poll(moves).toHaveLength(3);
    expect(moves().at(-1)).toMatchObject({ head: { content: 'd' } });
    // It is shown already.
    await select(gateway, messages[2]?.id);
    await remove(gateway, messages[0]?.id);
    await gateway.query('mutation ($id: ID!) { deleteSession(id: $id) { databaseId } }', { id: sessionId });
    await ended;
    expect(moves()).toHaveLength(4);
    expect(moves().at(-1)).toMatchObject({ head: null });
  });

  test('a request id finds its run with the same place alone', async () => {
    const gateway = shared();
    const { sessionId, messages } = await converse(gateway);
    const [a, , b] = messages.map(({ id }) => id);
    const edit = { prompt: 'C', editOf: b };
    for (const [requestId, input] of [
      ['edit', edit],
      ['answer', { answerTo: a }],
    ] as const) {
      gateway.model.script([text('Once')]);
      const asked = gateway.model.requests.length;
      const first = await send(gateway, { sessionId, ...input, requestId, onBusy: 'ENQUEUE' });
      const again = await send(gateway, { sessionId, ...input, requestId });
      expect(again.data.sendMessage).toEqual(first.data.sendMessage);
      await collect(follow(gateway.client(), first.data.sendMessage.id));
      expect((await send(gateway, { sessionId, ...input, requestId })).data).toEqual(first.data);
      expect(gateway.model.requests.length - asked).toBe(1);
      for (const other of [{ ...edit, editOf: a }, { prompt: 'C' }, { answerTo: b }]) {
        const refused = await send(gateway, { sessionId, ...other, requestId });
        expect(refused.errors?.[0]?.extensions).toMatchObject({ code: 'REQUEST_ID_REUSED' });
      }
    }
    expect(textsOf(await branchOf(gateway, sessionId))).toBe('A / Once');
  });

  test('an edit waits for the live run, or takes its place', async () => {
    const gateway = shared();
    const { sessionId, messages } = await converse(gateway);
    const gate = createGate();
    gateway.model.script([text('d'), gate], [text('c')]);
    const live = collect(chat(gateway.client(), { sessionId, prompt: 'D' }));
    await gate.reached;
    const editOf = messages[2]?.id;
    const refused = await send(gateway, { sessionId, prompt: 'C', editOf });
    expect(refused.errors?.[0]?.extensions).toMatchObject({ code: 'RUN_IN_PROGRESS' });
    const waiting = collect(chat(gateway.client(), { sessionId, prompt: 'C', editOf, onBusy: 'ENQUEUE' }));
    await expect.poll(async () => textsOf(await branchOf(gateway, sessionId))).toBe('A / a / C / ');
    // Neither the prompt that waits nor the one that is answered can be deleted now.
    for (const id of [messages[0]?.id, editOf && (await siblingOf(gateway, editOf))]) {
      const { errors } = await remove(gateway, id);
      expect(errors?.[0]?.extensions).toMatchObject({ code: 'RUN_IN_PROGRESS' });
    }
    gate.release();
    await Promise.all([live, waiting]);
    expect(toldTo(gateway)).toBe('A / a / C');
    expect(textsOf(await branchOf(gateway, sessionId))).toBe('A / a / C / c');

    const held = createGate();
    gateway.model.script([text('e'), held], [text('f')]);
    const interrupted = collect(chat(gateway.client(), { sessionId, prompt: 'E' }));
    await held.reached;
    const last = await collect(
      chat(gateway.client(), { sessionId, prompt: 'F', editOf, onBusy: 'INTERRUPT' }),
    );
    expect((await interrupted).at(-1)?.__typename).toBe('RunCancelled');
    expect(last.at(-1)?.__typename).toBe('RunCompleted');
    expect(toldTo(gateway)).toBe('A / a / F');
    expect(textsOf(await branchOf(gateway, sessionId))).toBe('A / a / F / f');
  });

  test('a bad place is refused in the name of its field, and nothing is stored', async () => {
    const gateway = shared();
    const { sessionId, messages } = await converse(gateway);
    const [a, answer] = messages.map(({ id }) => id);
    const session = sessionId;
    const unknown = Buffer.from(`Message:${2 ** 31 - 1}`).toString('base64');
    for (const [input, field, code] of [
      [{ prompt: 'x', editOf: 'x' }, 'input.editOf', 'BAD_USER_INPUT'],
      [{ answerTo: session }, 'input.answerTo', 'BAD_USER_INPUT'],
      [{ prompt: 'x', expectedHead: '' }, 'input.expectedHead', 'BAD_USER_INPUT'],
      [{ prompt: 'x', editOf: answer }, 'input.editOf', 'BAD_USER_INPUT'],
      [{ answerTo: answer }, 'input.answerTo', 'BAD_USER_INPUT'],
      [{ prompt: 'x', editOf: unknown }, 'input.editOf', 'NOT_FOUND'],
      [{ answerTo: unknown }, 'input.answerTo', 'NOT_FOUND'],
      [{ prompt: 'x', answerTo: a }, 'input.prompt', 'BAD_USER_INPUT'],
      [{ editOf: a, answerTo: a }, 'input.editOf', 'BAD_USER_INPUT'],
      [{ editOf: a }, 'input.prompt', 'BAD_USER_INPUT'],
    ] as const) {
      const { errors } = await send(gateway, { sessionId, ...input });
      expect(errors?.[0]?.extensions, JSON.stringify(input)).toMatchObject({ code, field });
    }
    expect(textsOf(await branchOf(gateway, sessionId))).toBe('A / a / B / b');
  });
});

const send = (gateway: ScriptedGateway, input: object) =>
  gateway.graphql('mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }', { input });

const remove = (gateway: ScriptedGateway, id: string | undefined) =>
  gateway.graphql('mutation ($id: ID!) { deleteMessage(id: $id) { id } }', { id });

describe('branches without end', () => {
  const fork = `mutation ($id: ID!) { forkSession(messageId: $id) { id messages(first: 1) { totalCount } } }`;
  const numberOf = (id: string) => Number(Buffer.from(id, 'base64').toString().split(':')[1]);

  /** Adds messages to a session, each with the bytes. Returns the id of the last one. */
  async function addMessages(sessionId: string, count: number, bytes: number): Promise<string> {
    const { database } = shared().services;
    const data = Array.from({ length: count }, (_, index) => ({
      sessionId: numberOf(sessionId),
      role: index % 2 === 0 ? ('USER' as const) : ('ASSISTANT' as const),
      status: 'COMPLETE' as const,
      content: 'x'.repeat(bytes),
    }));
    await database.message.createMany({ data });
    const last = await database.message.findFirstOrThrow({
      where: { sessionId: numberOf(sessionId) },
      orderBy: { id: 'desc' },
    });
    return Buffer.from(`Message:${last.id}`).toString('base64');
  }

  test('a session of long messages is copied in short turns', measured, async () => {
    const id = await addMessages(await shared().createSession(), 100, 400_000);
    let copy: { messages: { totalCount: number } } | undefined;
    const turnMs = await longestTurn(async () => {
      copy = (await shared().query(fork, { id })).forkSession;
    });
    expect(copy?.messages.totalCount).toBe(100);
    expect(turnMs).toBeLessThan(100);
  });

  test('a fifth copy of a user waits until another one is there', async () => {
    const id = await addMessages(await shared().createSession(), 400, 10);
    const answers = await Promise.all(Array.from({ length: 8 }, () => shared().graphql(fork, { id })));
    const refused = answers.filter(({ errors }) => errors);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThanOrEqual(4);
    for (const { errors } of refused)
      expect(errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }]);
    expect((await shared().query(fork, { id })).forkSession.messages.totalCount).toBe(400);
  });

  test('a message has at most 200 other versions', async () => {
    const gateway = shared();
    const { sessionId, messages } = await converse(gateway);
    await addMessages(sessionId, 200, 1);
    const { database } = gateway.services;
    const added = await database.message.findMany({
      where: { sessionId: numberOf(sessionId) },
      orderBy: { id: 'desc' },
      take: 200,
    });
    const line = { parentLineId: 0, rootLineId: 0, level: 1, jumpId: 0, messagesBefore: 2 };
    await database.messageLine.createMany({
      data: added.map(({ id }) => ({
        ...line,
        firstId: id,
        sessionId: numberOf(sessionId),
        parentId: numberOf(messages[1]?.id ?? ''),
      })),
    });
    const { errors } = await gateway.graphql(
      'mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }',
      { input: { sessionId, prompt: 'C', editOf: messages[2]?.id } },
    );
    expect(errors).toMatchObject([
      {
        message: 'input.editOf: there are 200 other versions already; delete some of them first.',
        extensions: { code: 'BAD_USER_INPUT', field: 'input.editOf' },
      },
    ]);
  });
});
