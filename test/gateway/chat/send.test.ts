import { setImmediate } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { chat, collect, follow, textOf, until } from '../../support/gateway/chat.ts';
import type { TestGateway } from '../../support/gateway/gateway.ts';
import { startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { createGate, text } from '../../support/model/turn.ts';

const shared = shareScriptedGateway();
const sendDocument = `mutation ($input: ChatInput!) {
  sendMessage(input: $input) { id status requestId userMessage { content } assistantMessage { status } }
}`;

function send(gateway: TestGateway, input: Record<string, unknown>) {
  return gateway.graphql(sendDocument, { input });
}

async function messagesOf(gateway: TestGateway, id: string) {
  const query = `query ($id: ID!) {
    session(id: $id) { messages(first: 100) { edges { node { role status content } } } }
  }`;
  const { data } = await gateway.graphql(query, { id });
  return data.session.messages.edges.map(({ node }: { node: object }) => node);
}

describe('sending a prompt', () => {
  test('sendMessage returns the run at once, and the run continues without a follower', async () => {
    const gateway = shared();
    const gate = createGate();
    gateway.model.script([text('An answer '), gate, text('for nobody')]);
    const sessionId = await gateway.createSession();

    const { data } = await send(gateway, { sessionId, prompt: 'Anyone?' });
    expect(data.sendMessage).toMatchObject({ status: 'RUNNING', assistantMessage: { status: 'STREAMING' } });
    gate.release();

    await expect
      .poll(async () => (await messagesOf(gateway, sessionId)).at(-1))
      .toEqual({ role: 'ASSISTANT', status: 'COMPLETE', content: 'An answer for nobody' });
  });

  test('a prompt that is sent several times with one request id asks the model once, also when all arrive together', async () => {
    const gateway = shared();
    gateway.model.script([text('Once')]);
    const sessionId = await gateway.createSession();
    const input = { sessionId, prompt: 'Only once, please.', requestId: 'r-1' };

    const together = await Promise.all(Array.from({ length: 8 }, () => send(gateway, input)));
    const ids = new Set(together.map(({ data }) => data.sendMessage.id));
    const [runId = ''] = ids;
    await collect(follow(gateway.client(), runId));
    const later = await send(gateway, input);

    expect(ids.size).toBe(1);
    expect(later.data.sendMessage).toMatchObject({ id: runId, status: 'COMPLETED' });
    expect(gateway.model.requests).toHaveLength(1);
    expect(await messagesOf(gateway, sessionId)).toHaveLength(2);
  });

  test('a known request id with another prompt is refused', async () => {
    const gateway = shared();
    gateway.model.script([text('One')]);
    const sessionId = await gateway.createSession();
    await collect(chat(gateway.client(), { sessionId, prompt: 'One?', requestId: 'r-1' }));

    const { errors } = await send(gateway, { sessionId, prompt: 'Two?', requestId: 'r-1' });

    expect(errors?.[0]).toMatchObject({
      extensions: { code: 'REQUEST_ID_REUSED', field: 'input.requestId' },
    });
    expect(await messagesOf(gateway, sessionId)).toHaveLength(2);
  });

  test('two sessions may use the same request id', async () => {
    const gateway = shared();
    gateway.model.script([text('For alice')], [text('For bob')]);
    const [alice, bob] = [await gateway.createSession(), await gateway.createSession()];

    const [first, second] = [
      await collect(chat(gateway.client(), { sessionId: alice, prompt: 'Hi', requestId: 'r-1' })),
      await collect(chat(gateway.client(), { sessionId: bob, prompt: 'Hi', requestId: 'r-1' })),
    ];

    expect([textOf(first), textOf(second)]).toEqual(['For alice', 'For bob']);
  });

  test('a request id still finds its run after the history was cleared', async () => {
    const gateway = shared();
    gateway.model.script([text('Gone soon')]);
    const sessionId = await gateway.createSession();
    const input = { sessionId, prompt: 'Hi', requestId: 'r-1' };
    await collect(chat(gateway.client(), input));
    await gateway.graphql('mutation ($id: ID!) { clearHistory(sessionId: $id) { id } }', { id: sessionId });

    const { data } = await send(gateway, input);

    expect(data.sendMessage).toMatchObject({
      status: 'COMPLETED',
      userMessage: null,
      assistantMessage: null,
    });
    expect(gateway.model.requests).toHaveLength(1);
  });
});

describe('a prompt for a session that is busy', () => {
  test('a prompt for a busy session is refused with the id of the live run, and nothing is stored', async () => {
    const gateway = shared();
    const gate = createGate();
    gateway.model.script([gate, text('One')]);
    const sessionId = await gateway.createSession();
    const first = await send(gateway, { sessionId, prompt: 'One?' });

    const second = await send(gateway, { sessionId, prompt: 'Two?' });

    expect(second.errors?.[0]?.extensions).toMatchObject({
      code: 'RUN_IN_PROGRESS',
      runId: first.data.sendMessage.id,
    });
    const third = collect(chat(gateway.client(), { sessionId, prompt: 'Three?' }));
    await expect(third).rejects.toMatchObject({ code: 'RUN_IN_PROGRESS' });
    expect(await messagesOf(gateway, sessionId)).toHaveLength(2);
    gate.release();
  });

  test('one of six prompts that are sent at once is accepted, and the others are refused', async () => {
    const gateway = shared();
    const gate = createGate();
    gateway.model.script([gate, text('The winner')]);
    const sessionId = await gateway.createSession();

    const prompts = Array.from({ length: 6 }, (_, n) => send(gateway, { sessionId, prompt: `Prompt ${n}` }));
    const answers = await Promise.all(prompts);

    expect(answers.filter(({ errors }) => !errors)).toHaveLength(1);
    const codes = answers.flatMap(({ errors }) => errors?.map(({ extensions }) => extensions['code']) ?? []);
    expect(codes).toEqual(Array(5).fill('RUN_IN_PROGRESS'));
    expect(await messagesOf(gateway, sessionId)).toHaveLength(2);
    gate.release();
  });

  test('prompts with ENQUEUE are answered in order, and every answer sees the ones before it', async () => {
    const gateway = shared();
    const gate = createGate();
    gateway.model.script([gate, text('One.')], [text('Two.')], [text('Three.')]);
    const sessionId = await gateway.createSession();
    const enqueue = (prompt: string) => chat(gateway.client(), { sessionId, prompt, onBusy: 'ENQUEUE' });

    const first = enqueue('1?');
    await first.next();
    const second = enqueue('2?');
    const queued = await second.next();
    const third = enqueue('3?');
    await third.next();
    gate.release();
    await Promise.all([collect(first), collect(second), collect(third)]);

    expect(queued.value?.__typename).toBe('RunQueued');
    expect((await messagesOf(gateway, sessionId)).map(({ content }: { content: string }) => content)).toEqual(
      [...['1?', 'One.', '2?', 'Two.', '3?', 'Three.']],
    );
    const shown = gateway.model.requests[2]?.body['messages'] as { content: string }[];
    expect(shown.map(({ content }) => content)).toEqual(['1?', 'One.', '2?', 'Two.', '3?']);
  });

  test('a prompt with ENQUEUE is refused when MAX_QUEUED_RUNS prompts wait already', async () => {
    await using gateway = await startScriptedGateway({ settings: { MAX_QUEUED_RUNS: '1' } });
    const gate = createGate();
    gateway.model.script([gate, text('One')], [text('Two')]);
    const sessionId = await gateway.createSession();
    const enqueue = (prompt: string) => send(gateway, { sessionId, prompt, onBusy: 'ENQUEUE' });

    const answers = [await enqueue('1?'), await enqueue('2?'), await enqueue('3?')];

    expect(
      answers.map(({ data, errors }) => data?.sendMessage?.status ?? errors?.[0]?.extensions['code']),
    ).toEqual(['RUNNING', 'QUEUED', 'RATE_LIMITED']);
    gate.release();
  });

  test('a prompt with INTERRUPT cancels the live and the queued runs, and their partial answers are kept', async () => {
    const gateway = shared();
    const gate = createGate();
    gateway.model.script([text('Half an ans'), gate], [text('The new answer')]);
    const sessionId = await gateway.createSession();
    const running = chat(gateway.client(), { sessionId, prompt: 'Old?' });
    await until(follow(gateway.client(), (await running.next()).value?.runId ?? ''), 'TextDelta');
    const waiting = chat(gateway.client(), { sessionId, prompt: 'Waiting?', onBusy: 'ENQUEUE' });
    await waiting.next();

    const taken = await collect(chat(gateway.client(), { sessionId, prompt: 'New?', onBusy: 'INTERRUPT' }));

    expect((await collect(running)).at(-1)).toMatchObject({
      __typename: 'RunCancelled',
      message: { content: 'Half an ans' },
    });
    expect((await collect(waiting)).at(-1)?.__typename).toBe('RunCancelled');
    expect(textOf(taken)).toBe('The new answer');
    expect(gateway.model.requests).toHaveLength(2);
  });

  test('a queued run does not start when the live run ends while a prompt with INTERRUPT is being stored', async () => {
    const gateway = shared();
    const gate = createGate();
    gateway.model.script([text('One'), gate], [text('New')]);
    const sessionId = await gateway.createSession();
    const live = collect(chat(gateway.client(), { sessionId, prompt: 'One?' }));
    await gate.reached;
    const waiting = await send(gateway, { sessionId, prompt: 'Two?', onBusy: 'ENQUEUE' });
    const { database } = gateway.services;
    const transaction = database.$transaction.bind(database);
    vi.spyOn(database, '$transaction').mockImplementationOnce(async (...work) => {
      const stored = await transaction(...work);
      gate.release();
      await live;
      // In the next turn of the event loop, the run that has ended waits to start the next one.
      await setImmediate();
      return stored;
    });

    const newest = await collect(chat(gateway.client(), { sessionId, prompt: 'New?', onBusy: 'INTERRUPT' }));

    expect(textOf(newest)).toBe('New');
    const query = 'query ($id: ID!) { run(id: $id) { status startedAt } }';
    const { data } = await gateway.graphql(query, { id: waiting.data.sendMessage.id });
    expect(data.run).toEqual({ status: 'CANCELLED', startedAt: null });
  });

  test('prompts with INTERRUPT that arrive together are limited by MAX_QUEUED_RUNS, and the newest accepted one is answered', async () => {
    const gateway = shared();
    const gate = createGate();
    gateway.model.script([text('Old'), gate], ...Array.from({ length: 40 }, () => [text('New')]));
    const sessionId = await gateway.createSession();
    const old = await send(gateway, { sessionId, prompt: 'Old?' });
    await gate.reached;

    const interrupt = (_: unknown, n: number) =>
      send(gateway, { sessionId, prompt: `New ${n}?`, onBusy: 'INTERRUPT' });
    const answers = await Promise.all(Array.from({ length: 40 }, interrupt));

    const refusals = answers.flatMap(({ errors }) => errors?.map(({ extensions }) => extensions) ?? []);
    expect(refusals.length).toBeGreaterThan(0);
    for (const refusal of refusals)
      expect(refusal).toMatchObject({ code: 'RATE_LIMITED', limit: 'MAX_QUEUED_RUNS' });
    const { database } = gateway.services;
    const unfinished = () => database.run.count({ where: { status: { in: ['RUNNING', 'QUEUED'] } } });
    await expect.poll(unfinished).toBe(0);
    const newest = await database.run.findFirstOrThrow({ orderBy: { id: 'desc' } });
    expect(newest.status).toBe('COMPLETED');
    const { data } = await gateway.graphql('query ($id: ID!) { run(id: $id) { status } }', {
      id: old.data.sendMessage.id,
    });
    expect(data.run.status).toBe('CANCELLED');
  });

  test('a busy session does not delay other sessions', async () => {
    const gateway = shared();
    const gate = createGate();
    gateway.model.script([gate, text('Slow')], [text('Fast')]);
    const [slow, fast] = [await gateway.createSession(), await gateway.createSession()];
    await send(gateway, { sessionId: slow, prompt: 'Slow?' });
    await gate.reached;

    const answer = await collect(chat(gateway.client(), { sessionId: fast, prompt: 'Fast?' }));

    expect(textOf(answer)).toBe('Fast');
    gate.release();
  });
});
