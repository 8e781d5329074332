import { describe, test } from 'vitest';
import { chat, collect, follow, textOf, until } from '../../support/gateway/chat.ts';
import { fillDisk, makeRoom } from '../../support/gateway/full-disk.ts';
import { startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { createTools } from '../../support/gateway/tool-double.ts';
import { createGate, silence, text, toolCall } from '../../support/model/turn.ts';

const long = 'All work and no play makes a dull story. '.repeat(1_000);
const stored =
  'query ($id: ID!) { session(id: $id) { messages(first: 9) { edges { node { role status content } } } activeRun { id } lastRun { status error { code } } } }';

// Each test waits for retries of its own gateway, so they run at the same time.
describe.concurrent('a gateway whose disk is full', () => {
  test('a prompt that does not fit on the disk is refused, and accepted once the disk has room again', async ({
    expect,
  }) => {
    await using gateway = await startScriptedGateway();
    gateway.model.script([text('Read.')]);
    const sessionId = await gateway.createSession();
    const send = 'mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }';
    const input = { sessionId, prompt: long, requestId: 'alice-1' };

    await fillDisk(gateway.services);
    const refused = await gateway.graphql(send, { input });
    expect(refused.errors).toMatchObject([
      {
        message: 'The disk of the gateway is full. Nothing was stored.',
        extensions: { code: 'INSUFFICIENT_STORAGE' },
      },
    ]);
    await expect(collect(chat(gateway.client(), { ...input, requestId: 'alice-2' }))).rejects.toThrow(
      'The disk of the gateway is full. Nothing was stored.',
    );
    expect((await gateway.graphql(stored, { id: sessionId })).data.session).toEqual({
      messages: { edges: [] },
      activeRun: null,
      lastRun: null,
    });
    expect(gateway.model.requests).toHaveLength(0);

    await makeRoom(gateway.services);
    expect(textOf(await collect(chat(gateway.client(), input)))).toBe('Read.');
  });

  test('an answer that cannot be saved fails for its followers, and is saved once the disk has room again', async ({
    expect,
  }) => {
    await using gateway = await startScriptedGateway();
    const gate = createGate();
    gateway.model.script([gate, text(long)], [text('Go on.')]);
    const sessionId = await gateway.createSession();
    const seen = collect(chat(gateway.client(), { sessionId, prompt: 'A long story.' }));
    await gate.reached;

    await fillDisk(gateway.services);
    gate.release();
    const events = await seen;
    expect(textOf(events)).toBe(long);
    const terminal = events.at(-1);
    expect(terminal).toMatchObject({
      __typename: 'RunFailed',
      code: 'INTERNAL',
      reason: 'The answer could not be saved.',
      message: { content: long, status: 'FAILED' },
    });
    const busy = (await gateway.graphql(stored, { id: sessionId })).data.session;
    expect(busy.activeRun).toMatchObject({ id: terminal?.runId });

    await makeRoom(gateway.services);
    const look = async () => (await gateway.graphql(stored, { id: sessionId })).data.session;
    await expect.poll(async () => (await look()).activeRun, { timeout: 20_000 }).toBeNull();
    const session = await look();
    expect(session.lastRun).toEqual({ status: 'FAILED', error: { code: 'INTERNAL' } });
    expect(session.messages.edges[1].node).toEqual({ role: 'ASSISTANT', status: 'FAILED', content: long });
    expect(textOf(await collect(chat(gateway.client(), { sessionId, prompt: 'Go on.' })))).toBe('Go on.');
  });

  test('a run that is cancelled on a full disk stops at once, its followers and the client are told, and it is saved once the disk has room again', async ({
    expect,
  }) => {
    await using gateway = await startScriptedGateway({ settings: { CHECKPOINT_MS: '60000' } });
    gateway.model.script([text(long), silence()], [text('Go on.')]);
    const sessionId = await gateway.createSession();
    const seen = chat(gateway.client(), { sessionId, prompt: 'A long story.' });
    const runId = (await until(seen, 'TextDelta'))[0]?.runId ?? '';
    const followed = collect(follow(gateway.client(), runId));
    const cancel = 'mutation ($id: ID!) { cancelRun(input: { runId: $id }) { cancelled run { status } } }';
    const next = 'mutation ($input: ChatInput!) { sendMessage(input: $input) { id status } }';
    const { sendMessage } = (
      await gateway.graphql(next, { input: { sessionId, prompt: 'Next?', onBusy: 'ENQUEUE' } })
    ).data;

    await fillDisk(gateway.services);
    const refusal = [
      {
        message:
          'The run has been stopped, but its end could not be saved yet: the disk of the gateway is full. It is saved as soon as the disk has room.',
        extensions: { code: 'INSUFFICIENT_STORAGE' },
      },
    ];
    expect((await gateway.graphql(cancel, { id: runId })).errors).toMatchObject(refusal);
    expect((await gateway.graphql(cancel, { id: runId })).errors).toMatchObject(refusal);
    expect((await followed).at(-1)).toMatchObject({
      __typename: 'RunCancelled',
      message: { content: long, status: 'CANCELLED' },
    });

    await makeRoom(gateway.services);
    expect(textOf(await collect(follow(gateway.client(), sendMessage.id)))).toBe('Go on.');
    expect((await gateway.graphql(cancel, { id: runId })).data.cancelRun).toEqual({
      cancelled: false,
      run: { status: 'CANCELLED' },
    });
    const { messages } = (await gateway.graphql(stored, { id: sessionId })).data.session;
    expect(messages.edges[1].node).toEqual({ role: 'ASSISTANT', status: 'CANCELLED', content: long });
  });

  test('a run whose tool ended while the disk was full goes on once the disk has room again', async ({
    expect,
  }) => {
    const tools = createTools({
      async read() {
        await fillDisk(gateway.services);
        return long;
      },
    });
    await using gateway = await startScriptedGateway({ tools, settings: { LOG_LEVEL: 'warn' } });
    gateway.model.script([toolCall('call_1', 'read', {})], [text('Done.')]);
    const sessionId = await gateway.createSession();
    const seen = collect(chat(gateway.client(), { sessionId, prompt: 'Read it.' }));
    await gateway.logged('a part of a run could not be read or saved; its run waits');

    await makeRoom(gateway.services);
    const events = await seen;
    expect(textOf(events)).toBe('Done.');
    expect(events.find(({ __typename }) => __typename === 'ToolCallFinished')).toMatchObject({
      result: long,
    });
  });

  test('a closing gateway that cannot save an answer tells its followers that it was cancelled, with the whole text', async ({
    expect,
  }) => {
    const gateway = await startScriptedGateway({
      settings: { CHECKPOINT_MS: '60000', CANCEL_CONFIRM_MS: '0' },
    });
    gateway.model.script([text(long), silence()]);
    const sessionId = await gateway.createSession();
    const seen = chat(gateway.client(), { sessionId, prompt: 'A long story.' });
    await until(seen, 'TextDelta');
    const { id } = (await gateway.graphql(stored, { id: sessionId })).data.session.activeRun;
    const followed = collect(follow(gateway.client(), id));
    await fillDisk(gateway.services);
    await gateway[Symbol.asyncDispose]();

    expect((await followed).at(-1)).toMatchObject({
      __typename: 'RunCancelled',
      message: { content: long, status: 'CANCELLED' },
    });
  });
});
