import { describe, expect, test } from 'vitest';
import { chat, collect, follow, until } from '../../support/gateway/chat.ts';
import type { TestGateway } from '../../support/gateway/gateway.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { createGate, reasoning, silence, text } from '../../support/model/turn.ts';

const shared = shareScriptedGateway();

const cancelDocument = `mutation ($input: CancelRunInput!) {
  cancelRun(input: $input) {
    cancelled
    run { id status }
    message { status content reasoning }
    usage { inputTokens outputTokens measured }
  }
}`;

async function cancel(gateway: TestGateway, target: { runId?: string; sessionId?: string }) {
  const { data, errors } = await gateway.graphql(cancelDocument, { input: target });
  expect(errors).toBeUndefined();
  return data.cancelRun;
}

function decodeSessionId(id: string): number {
  return Number(Buffer.from(id, 'base64').toString().split(':')[1]);
}

async function usageOf(gateway: TestGateway, id: string) {
  const query = 'query ($id: ID!) { session(id: $id) { tokenUsage { inputTokens outputTokens measured } } }';
  return (await gateway.graphql(query, { id })).data.session.tokenUsage;
}

describe('cancelRun', () => {
  test('a run and a session are named by arguments, too', async () => {
    const gateway = shared();
    const document =
      'mutation ($run: ID, $session: ID) { cancelRun(runId: $run, sessionId: $session) { cancelled } }';
    for (const name of ['run', 'session'] as const) {
      gateway.model.script([silence()]);
      const sessionId = await gateway.createSession();
      const send = 'mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }';
      const { data } = await gateway.graphql(send, { input: { sessionId, prompt: 'Hi' } });
      const target = { run: data.sendMessage.id, session: sessionId }[name];
      const cancelled = await gateway.graphql(document, { [name]: target });
      expect(cancelled).toEqual({ data: { cancelRun: { cancelled: true } } });
    }
  });

  test('a cancellation that arrives with a prompt either finds no run, or ends the run that it finds', async () => {
    const gateway = shared();
    gateway.model.script(...Array.from({ length: 12 }, () => [silence()]));
    const { engine } = gateway.services;
    const send = 'mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }';
    for (let wait = 0; wait < 24; wait += 2) {
      const sessionId = await gateway.createSession();
      const sent = gateway.graphql(send, { input: { sessionId, prompt: 'Hi' } });
      // The cancellation arrives two turns of the event loop later each time, so it meets every state of the prompt.
      for (let turn = 0; turn < wait; turn += 1) await new Promise(setImmediate);
      const receipt = await engine.cancelCurrent(decodeSessionId(sessionId));
      expect(receipt.cancelled).toBe(receipt.run !== null);
      await sent;
      await engine.cancelCurrent(decodeSessionId(sessionId));
    }
  });

  test('a cancellation that arrives while a prompt is being looked up cancels the run of that prompt', async () => {
    const gateway = shared();
    gateway.model.otherwise(() => [silence()]);
    const { engine } = gateway.services;
    for (const requestId of [undefined, 'known only to this prompt']) {
      const sessionId = decodeSessionId(await gateway.createSession());
      const sent = engine.send({ sessionId, prompt: 'Hi', requestId, onBusy: 'REJECT' });

      const receipt = await engine.cancelCurrent(sessionId);

      expect(receipt).toMatchObject({ cancelled: true, run: { id: (await sent).id, status: 'CANCELLED' } });
    }
  });

  test('a cancellation does not wait for a prompt that was refused', async () => {
    const gateway = shared();
    const { engine } = gateway.services;
    const sessionId = decodeSessionId(await gateway.createSession());
    const sent = engine.send({ sessionId, prompt: 'Hi', providerName: 'unknown', onBusy: 'REJECT' });
    const refused = expect(sent).rejects.toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });

    expect(await engine.cancelCurrent(sessionId)).toEqual({ cancelled: false, run: null });

    await refused;
  });

  test('a deletion that arrives with a prompt leaves no session and no request to the model', async () => {
    const gateway = shared();
    gateway.model.script(...Array.from({ length: 12 }, () => [silence()]));
    const { database } = gateway.services;
    const send = 'mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }';
    const remove = 'mutation ($id: ID!) { deleteSession(id: $id) { deletedSessionId } }';
    for (let wait = 0; wait < 24; wait += 2) {
      const sessionId = await gateway.createSession();
      const sent = gateway.graphql(send, { input: { sessionId, prompt: 'Hi' } });
      for (let turn = 0; turn < wait; turn += 1) await new Promise(setImmediate);
      const removed = await gateway.graphql(remove, { id: sessionId });
      expect(removed.data?.deleteSession?.deletedSessionId).toBe(sessionId);
      const { errors } = await sent;
      if (errors) expect(errors[0]?.extensions).toMatchObject({ code: 'NOT_FOUND' });
    }
    expect(await database.run.count({ where: { status: { in: ['RUNNING', 'QUEUED'] } } })).toBe(0);
    for (const { aborted } of gateway.model.requests) await aborted;
  });

  test('an INTERRUPT that arrives with a prompt cancels the run of that prompt', async () => {
    const gateway = shared();
    gateway.model.otherwise(({ body }) =>
      JSON.stringify(body['messages']).includes('New?') ? [text('New')] : [silence()],
    );
    const send = async (input: { sessionId: string; prompt: string; onBusy: string }) => {
      const query = 'mutation ($input: ChatInput!) { sendMessage(input: $input) { databaseId } }';
      return (await gateway.graphql(query, { input })).data.sendMessage.databaseId as number;
    };
    const { database } = gateway.services;
    for (let wait = 0; wait < 24; wait += 4) {
      const sessionId = await gateway.createSession();
      const sent = send({ sessionId, prompt: 'Old?', onBusy: 'ENQUEUE' });
      for (let turn = 0; turn < wait; turn += 1) await new Promise(setImmediate);
      const interrupting = await send({ sessionId, prompt: 'New?', onBusy: 'INTERRUPT' });
      const old = await sent;
      const statusOf = async (id: number) => (await database.run.findUnique({ where: { id } }))?.status;
      if (old < interrupting) await expect.poll(() => statusOf(old)).toBe('CANCELLED');
      else await gateway.services.engine.cancelRun(old);
      await expect.poll(() => statusOf(interrupting)).toBe('COMPLETED');
    }
  });

  test('a run that is cancelled before the first token ends with an empty answer', async () => {
    const gateway = shared();
    gateway.model.script([silence()]);
    const sessionId = await gateway.createSession();
    const live = chat(gateway.client(), { sessionId, prompt: 'Hi' });
    const started = (await live.next()).value;
    const request = await gateway.model.request(0);

    const receipt = await cancel(gateway, { runId: started?.runId });

    expect(receipt).toMatchObject({
      cancelled: true,
      run: { status: 'CANCELLED' },
      message: { content: '' },
    });
    await request.aborted;
    expect((await collect(live)).at(-1)).toMatchObject({ __typename: 'RunCancelled' });
  });

  test('a run that is cancelled while the model reasons keeps the reasoning', async () => {
    const gateway = shared();
    gateway.model.script([reasoning('Let me ', 'think'), silence()]);
    const sessionId = await gateway.createSession();
    const live = chat(gateway.client(), { sessionId, prompt: 'Hi' });
    const runId = (await until(live, 'ReasoningDelta', 'think')).at(-1)?.runId ?? '';

    const receipt = await cancel(gateway, { runId });

    expect(receipt.message).toEqual({ status: 'CANCELLED', content: '', reasoning: 'Let me think' });
  });

  test('a run that is cancelled in the middle of its text, from another connection, keeps the text and counts the tokens', async () => {
    const gateway = shared();
    const gate = createGate();
    gateway.model.script([text('The answer ', 'is forty-'), gate, text('two')]);
    const sessionId = await gateway.createSession();
    const live = chat(gateway.client(), { sessionId, prompt: 'What is the answer?' });
    const runId = (await live.next()).value?.runId ?? '';
    await until(follow(gateway.client({ singleConnection: true }), runId), 'TextDelta', 'forty-');

    const receipt = await cancel(gateway, { sessionId });

    expect(receipt).toMatchObject({
      cancelled: true,
      run: { id: runId, status: 'CANCELLED' },
      message: { status: 'CANCELLED', content: 'The answer is forty-' },
      usage: { measured: false },
    });
    expect(receipt.usage.inputTokens).toBeGreaterThan(0);
    expect(receipt.usage.outputTokens).toBeGreaterThan(0);
    expect(await usageOf(gateway, sessionId)).toEqual(receipt.usage);
    const seen = await collect(live);
    expect(seen.at(-1)).toMatchObject({ __typename: 'RunCancelled', message: receipt.message });
    expect(seen.filter(({ __typename }) => /^Run[CF]/.test(__typename))).toHaveLength(1);
  });

  test('a queued run that is cancelled leaves the queue, and the live run continues', async () => {
    const gateway = shared();
    const gate = createGate();
    gateway.model.script([text('One'), gate], [text('Three')]);
    const sessionId = await gateway.createSession();
    const first = collect(chat(gateway.client(), { sessionId, prompt: 'One?' }));
    await gate.reached;
    const second = chat(gateway.client(), { sessionId, prompt: 'Two?', onBusy: 'ENQUEUE' });
    const queued = (await second.next()).value;
    const third = chat(gateway.client(), { sessionId, prompt: 'Three?', onBusy: 'ENQUEUE' });
    await third.next();

    const receipt = await cancel(gateway, { runId: queued?.runId });

    expect(queued?.__typename).toBe('RunQueued');
    expect(receipt).toMatchObject({ cancelled: true, run: { status: 'CANCELLED' } });
    expect((await collect(second)).map(({ __typename }) => __typename)).toEqual(['RunCancelled']);
    gate.release();
    expect((await first).at(-1)?.__typename).toBe('RunCompleted');
    expect((await collect(third)).at(-1)).toMatchObject({ message: { content: 'Three' } });
  });

  test('cancelling by the session also cancels its queued runs', async () => {
    const gateway = shared();
    gateway.model.script([text('One'), silence()]);
    const sessionId = await gateway.createSession();
    const first = chat(gateway.client(), { sessionId, prompt: 'One?' });
    const runId = (await first.next()).value?.runId;
    const second = chat(gateway.client(), { sessionId, prompt: 'Two?', onBusy: 'ENQUEUE' });
    await second.next();

    const receipt = await cancel(gateway, { sessionId });

    expect(receipt).toMatchObject({ cancelled: true, run: { id: runId } });
    expect((await collect(first)).at(-1)?.__typename).toBe('RunCancelled');
    expect((await collect(second)).at(-1)?.__typename).toBe('RunCancelled');
    expect(gateway.model.requests).toHaveLength(1);
  });

  test.each([
    ['cancelRun of the run', 'USER', (gateway: TestGateway, runId: string) => cancel(gateway, { runId })],
    [
      'cancelRun of the session',
      'USER',
      (gateway: TestGateway, _: string, sessionId: string) => cancel(gateway, { sessionId }),
    ],
    [
      'INTERRUPT',
      'SUPERSEDED',
      (gateway: TestGateway, _: string, sessionId: string) =>
        collect(chat(gateway.client(), { sessionId, prompt: 'Instead', onBusy: 'INTERRUPT' })),
    ],
  ])(
    'a prompt that %s withdraws from the queue is marked in both APIs and shown to no model',
    async (_, cause, withdraw) => {
      const gateway = shared();
      const gate = createGate();
      gateway.model.otherwise(() => [text('Fine')]);
      gateway.model.script([text('One'), gate]);
      const sessionId = await gateway.createSession();
      const first = collect(chat(gateway.client(), { sessionId, prompt: 'Live' }));
      await gate.reached;
      const second = chat(gateway.client(), { sessionId, prompt: 'Unwanted', onBusy: 'ENQUEUE' });
      const queued = (await second.next()).value;

      await withdraw(gateway, queued?.runId ?? '', sessionId);
      expect((await collect(second)).at(-1)).toMatchObject({ __typename: 'RunCancelled', cause });
      gate.release();
      await first;
      await collect(chat(gateway.client(), { sessionId, prompt: 'Next' }));

      const query =
        'query ($id: ID!) { session(id: $id) { messages { edges { node { content status cancelCause } } } } }';
      const { edges } = (await gateway.graphql(query, { id: sessionId })).data.session.messages;
      const prompt = edges.find(({ node }: { node: { content: string } }) => node.content === 'Unwanted');
      expect(prompt.node).toEqual({ content: 'Unwanted', status: 'CANCELLED', cancelCause: cause });
      const url = `${gateway.url}/api/v1/sessions/${decodeSessionId(sessionId)}/messages`;
      const { messages } = (await (await fetch(url)).json()) as { messages: object[] };
      expect(messages).toContainEqual(
        expect.objectContaining({
          ...{ sender: 'user', content: 'Unwanted', status: 'cancelled' },
          cancel_cause: cause.toLowerCase(),
        }),
      );
      const shown = JSON.stringify(gateway.model.requests.map(({ body }) => body));
      expect(shown).toContain('Next');
      expect(shown).not.toContain('Unwanted');
    },
  );

  test('cancelling a run that has ended changes nothing, however often it is repeated', async () => {
    const gateway = shared();
    gateway.model.script([text('Done')]);
    const sessionId = await gateway.createSession();
    const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));
    const { runId } = seen[0] ?? {};

    for (const target of [{ runId }, { runId }]) {
      expect(await cancel(gateway, target as { runId: string })).toMatchObject({
        cancelled: false,
        run: { status: 'COMPLETED' },
        message: { content: 'Done' },
      });
    }
    expect(await cancel(gateway, { sessionId })).toMatchObject({
      cancelled: false,
      run: null,
      message: null,
    });
  });

  test('two cancellations at once end the run once', async () => {
    const gateway = shared();
    gateway.model.script([text('Half'), silence()]);
    const sessionId = await gateway.createSession();
    const live = chat(gateway.client(), { sessionId, prompt: 'Hi' });
    const runId = (await live.next()).value?.runId ?? '';

    const receipts = await Promise.all([cancel(gateway, { runId }), cancel(gateway, { runId })]);

    for (const receipt of receipts) expect(receipt.run.status).toBe('CANCELLED');
    const ends = (await collect(live)).filter(({ __typename }) => __typename === 'RunCancelled');
    expect(ends).toHaveLength(1);
  });

  test('cancelRun needs either a run or a session, and one that exists', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession();
    const run = Buffer.from('Run:99').toString('base64');

    const answers = [
      {},
      { runId: run, sessionId },
      { runId: run },
      { sessionId: Buffer.from('Session:99').toString('base64') },
    ];
    const codes = answers.map(
      async (target) =>
        (await gateway.graphql(cancelDocument, { input: target })).errors?.[0]?.extensions['code'],
    );

    expect(await Promise.all(codes)).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT', 'NOT_FOUND', 'NOT_FOUND']);
  });
});
