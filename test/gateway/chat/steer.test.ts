import { describe, expect, test } from 'vitest';
import { createPng } from '../../support/files/pictures.ts';
import { upload } from '../../support/gateway/attachments.ts';
import { chat, collect, follow, type SeenRunEvent, textOf, until } from '../../support/gateway/chat.ts';
import { databaseIdOf } from '../../support/gateway/database-id.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { createGatedTools, messagesOf, spoken, steer } from '../../support/gateway/steering.ts';
import { createGate, text } from '../../support/model/turn.ts';

const { tools, gatedCall } = createGatedTools();
const shared = shareScriptedGateway({ tools, settings: { MAX_QUEUED_RUNS: '3', MAX_STEPS: '4' } });

const names = (seen: readonly SeenRunEvent[]) => seen.map(({ __typename }) => __typename);

/** A session whose run waits at its first tool call; then the model answers with `rest`, step by step. */
async function openBusy(...rest: Parameters<ReturnType<typeof shared>['model']['script']>) {
  const gateway = shared();
  const { gate, call } = gatedCall('a');
  gateway.model.script([text('Working.'), call], ...rest);
  const sessionId = await gateway.createSession();
  const seen = collect(chat(gateway.client(), { sessionId, prompt: 'Go' }));
  await gate.reached;
  const first = (await messagesOf(gateway, sessionId)).at(-1);
  const { data } = await gateway.graphql(`query ($id: ID!) { session(id: $id) { activeRun { id } } }`, {
    id: sessionId,
  });
  const requests = () => gateway.model.requests.map(({ body }) => body['messages'] as object[]);
  return { gateway, sessionId, gate, seen, answerId: first.id, runId: data.session.activeRun.id, requests };
}

const runDocument = `query ($id: ID!) { run(id: $id) {
  status lastSeq finishReason cancelCause finishedAt steeredInto { id } assistantMessage { id content } usage { totalTokens }
} }`;

async function readRun(id: string) {
  return (await shared().graphql(runDocument, { id })).data.run;
}

describe('a prompt that is sent with STEER while tools run', () => {
  test('joins the answer behind the tools: the model is told it with its next request, and both clients see that', async () => {
    const { gateway, sessionId, gate, seen, answerId, runId, requests } = await openBusy([
      text('Done, and in blue.'),
    ]);
    const steering = chat(gateway.client(), {
      sessionId,
      prompt: 'In blue, please.',
      onBusy: 'STEER',
      requestId: 'r',
    });
    const sent = collect(steering);
    await expect.poll(() => messagesOf(gateway, sessionId)).toHaveLength(4);
    expect(await steer(gateway, { sessionId, prompt: 'In blue, please.', requestId: 'r' })).toMatchObject({
      status: 'QUEUED',
      steeredInto: null,
    });
    gate.release();

    expect(names(await seen)).toEqual([
      'RunStarted',
      'TextDelta',
      'UsageReported',
      'ToolCallStarted',
      'ToolCallFinished',
      'PromptSteered',
      'TextDelta',
      'UsageReported',
      'RunCompleted',
    ]);
    const joined = (await seen).find(({ __typename }) => __typename === 'PromptSteered');
    expect(joined).toMatchObject({
      runId,
      answerId,
      message: { content: 'In blue, please.' },
      textOffset: 'Working.'.length,
      reasoningOffset: 0,
    });
    expect(names(await sent)).toEqual([
      'RunQueued',
      'PromptSteered',
      'TextDelta',
      'UsageReported',
      'RunCompleted',
    ]);
    expect((await sent).slice(1)).toEqual((await seen).slice(5));
    expect(requests()[1]).toMatchObject([
      { role: 'user', content: 'Go' },
      { role: 'assistant', content: 'Working.', tool_calls: [{ id: 'a' }] },
      { role: 'tool', content: 'worked' },
      { role: 'assistant', content: expect.stringContaining('another prompt') },
      { role: 'user', content: 'In blue, please.' },
    ]);
    expect(await spoken(gateway, sessionId)).toEqual([
      'U Go',
      'A Working.\n\nDone, and in blue.',
      'U In blue, please.',
    ]);
    const [, answer, prompt] = await messagesOf(gateway, sessionId);
    expect(answer).toMatchObject({
      id: answerId,
      status: 'COMPLETE',
      steeredInto: null,
      steeredPrompts: [{ textOffset: 8, reasoningOffset: 0, message: { id: prompt.id } }],
    });
    expect(prompt).toMatchObject({ steeredInto: { id: answerId }, steeredPrompts: [] });
  });

  test('gets a run that shows how the answer ends which its prompt has joined, and no tokens of its own', async () => {
    const { gateway, sessionId, gate, seen, answerId, runId } = await openBusy([text('Done.')]);
    const { id } = await steer(gateway, { sessionId, prompt: 'And more' });
    gate.release();
    const end = (await seen).at(-1);
    expect(await readRun(id)).toMatchObject({
      status: 'COMPLETED',
      steeredInto: { id: runId },
      lastSeq: end?.seq,
      finishReason: 'STOP',
      finishedAt: expect.any(String),
      assistantMessage: { id: answerId, content: 'Working.\n\nDone.' },
      usage: { totalTokens: 0 },
    });
    expect(await readRun(runId)).toMatchObject({ status: 'COMPLETED', steeredInto: null });
  });

  test('is told to the model at the same place with every later prompt', async () => {
    const { gateway, sessionId, gate, seen, requests } = await openBusy([text('Done.')], [text('Later.')]);
    await steer(gateway, { sessionId, prompt: 'And more' });
    gate.release();
    await seen;
    await collect(chat(gateway.client(), { sessionId, prompt: 'Next' }));
    const [, told = [], later = []] = requests();
    expect(later.slice(0, told.length)).toEqual(told);
    expect(later.slice(told.length)).toEqual([
      { role: 'assistant', content: 'Done.' },
      { role: 'user', content: 'Next' },
    ]);
    expect(await spoken(gateway, sessionId)).toEqual([
      'U Go',
      'A Working.\n\nDone.',
      'U And more',
      'U Next',
      'A Later.',
    ]);
  });

  test('joins together with others, in the order in which they were sent, and past a prompt that waits in the queue', async () => {
    const { gateway, sessionId, gate, seen, requests } = await openBusy([text('All.')], [text('Queued.')]);
    await steer(gateway, { sessionId, prompt: 'One' });
    const queued = await steer(gateway, { sessionId, prompt: 'Waits', onBusy: 'ENQUEUE' });
    await steer(gateway, { sessionId, prompt: 'Two' });
    gate.release();
    const steered = (await seen).filter(({ __typename }) => __typename === 'PromptSteered');
    expect(steered.map(({ message }) => message.content)).toEqual(['One', 'Two']);
    expect(requests()[1]?.at(-1)).toEqual({ role: 'user', content: 'One\n\nTwo' });
    await collect(follow(gateway.client(), queued.id));
    expect(requests()[2]).toEqual([
      ...(requests()[1] ?? []),
      { role: 'assistant', content: 'All.' },
      { role: 'user', content: 'Waits' },
    ]);
    expect(await spoken(gateway, sessionId)).toEqual([
      'U Go',
      'A Working.\n\nAll.',
      'U One',
      'U Waits',
      'A Queued.',
      'U Two',
    ]);
    const last = 'query ($id: ID!) { session(id: $id) { lastMessage { content } } }';
    expect((await gateway.query(last, { id: sessionId })).session.lastMessage.content).toBe('Queued.');
    const messages = await messagesOf(gateway, sessionId);
    const parents = messages.map(({ parent }: { parent: { id: string } | null }) => parent?.id ?? null);
    expect(parents).toEqual([null, ...messages.slice(0, -1).map(({ id }: { id: string }) => id)]);
  });

  test('joins once more behind later tools of the same answer', async () => {
    const later = gatedCall('b');
    const { gateway, sessionId, gate, seen, requests } = await openBusy(
      [text('On it.'), later.call],
      [text('Done.')],
    );
    await steer(gateway, { sessionId, prompt: 'One' });
    gate.release();
    await later.gate.reached;
    await steer(gateway, { sessionId, prompt: 'Two' });
    later.gate.release();
    const all = await seen;
    const told = all.filter(({ __typename }) => /PromptSteered|ToolCallStarted/.test(__typename));
    expect(told.map(({ textOffset, __typename }) => [__typename, textOffset])).toEqual([
      ['ToolCallStarted', 8],
      ['PromptSteered', 8],
      ['ToolCallStarted', 16],
      ['PromptSteered', 16],
    ]);
    const roles = (requests()[2] ?? []).map((message) => (message as { role: string }).role);
    expect(roles.join(' ')).toBe('user assistant tool assistant user assistant tool assistant user');
  });

  test('is told with its files at the next step and with every later prompt, and a repeated request finds it', async () => {
    const { gateway, sessionId, gate, seen, requests } = await openBusy([text('A chart.')], [text('Later.')]);
    const png = createPng({ width: 30, height: 15 });
    const image = await upload(gateway, sessionId, { bytes: png, filename: 'chart.png' });
    const note = await upload(gateway, sessionId, { bytes: 'Buy milk.', filename: 'note.txt' });
    const attachmentIds = [image.id, note.id];
    const input = { sessionId, prompt: 'Use these', attachmentIds, requestId: 'r' };
    const { id } = await steer(gateway, input);
    expect((await steer(gateway, input)).id).toBe(id);
    gate.release();
    await seen;
    const told = {
      role: 'user',
      content: [
        { type: 'image_url', image_url: { url: `data:image/png;base64,${png.toString('base64')}` } },
        { type: 'text', text: '<file name="note.txt">\nBuy milk.\n</file>\n\nUse these' },
      ],
    };
    expect(requests()[1]?.at(-1)).toMatchObject(told);
    const attached = `query ($id: ID!) { session(id: $id) { messages(first: 9) { edges { node { attachments { id } } } } } }`;
    const { edges } = (await gateway.query(attached, { id: sessionId })).session.messages;
    expect(edges.map(({ node }: { node: unknown }) => node)).toEqual([
      { attachments: [] },
      { attachments: [] },
      { attachments: attachmentIds.map((each) => ({ id: each })) },
    ]);

    await collect(chat(gateway.client(), { sessionId, prompt: 'Next' }));
    expect(requests()[2]?.slice(0, requests()[1]?.length)).toEqual(requests()[1]);
  });

  test('is answered as with ENQUEUE if the model calls no further tools', async () => {
    const gateway = shared();
    const writing = createGate();
    gateway.model.script([text('Just '), writing, text('words.')], [text('Yours.')]);
    const sessionId = await gateway.createSession();
    const seen = collect(chat(gateway.client(), { sessionId, prompt: 'Go' }));
    await writing.reached;
    const sent = collect(chat(gateway.client(), { sessionId, prompt: 'And more', onBusy: 'STEER' }));
    await expect.poll(() => messagesOf(gateway, sessionId)).toHaveLength(4);
    writing.release();
    expect(names(await seen)).not.toContain('PromptSteered');
    expect(names(await sent)).toEqual([
      'RunQueued',
      'RunStarted',
      'TextDelta',
      'UsageReported',
      'RunCompleted',
    ]);
    expect(textOf(await sent)).toBe('Yours.');
    expect(await spoken(gateway, sessionId)).toEqual(['U Go', 'A Just words.', 'U And more', 'A Yours.']);
  });

  test('is answered at once if no run is live', async () => {
    const gateway = shared();
    gateway.model.script([text('At once.')]);
    const sessionId = await gateway.createSession();
    const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Hi', onBusy: 'STEER' }));
    expect(names(seen)).toEqual(['RunStarted', 'TextDelta', 'UsageReported', 'RunCompleted']);
  });

  test('is answered as with ENQUEUE if the step limit ends the answer', async () => {
    const calls = ['b', 'c', 'd'].map((id) => gatedCall(id));
    const { gateway, sessionId, gate, seen } = await openBusy(...calls.map(({ call }) => [call]), [
      text('Still yours.'),
    ]);
    gate.release();
    for (const each of calls.slice(0, 2)) each.gate.release();
    await calls[2]?.gate.reached;
    const sent = collect(chat(gateway.client(), { sessionId, prompt: 'And more', onBusy: 'STEER' }));
    await expect.poll(() => messagesOf(gateway, sessionId)).toHaveLength(4);
    calls[2]?.gate.release();
    expect((await seen).at(-1)).toMatchObject({ __typename: 'RunFailed', code: 'STEP_LIMIT' });
    expect(textOf(await sent)).toBe('Still yours.');
  });

  test('does not join the answer of another branch', async () => {
    const gateway = shared();
    const { gate, call } = gatedCall('a');
    gateway.model.script([text('First.')], [call], [text('Other.')], [text('Mine.')]);
    const sessionId = await gateway.createSession();
    await collect(chat(gateway.client(), { sessionId, prompt: 'One' }));
    const [prompt, answer] = await messagesOf(gateway, sessionId);
    const seen = collect(chat(gateway.client(), { sessionId, prompt: 'Two', editOf: prompt.id }));
    await gate.reached;
    await gateway.graphql('mutation ($id: ID!) { selectBranch(messageId: $id) { id } }', { id: answer.id });
    const { id } = await steer(gateway, { sessionId, prompt: 'Three' });
    gate.release();
    expect(names(await seen)).not.toContain('PromptSteered');
    expect(textOf(await collect(follow(gateway.client(), id)))).toBe('Mine.');
    expect(await spoken(gateway, sessionId)).toEqual(['U One', 'A First.', 'U Three', 'A Mine.']);
  });
});

describe('a client that steers', () => {
  test('finds its run again with the same request id, at any time, and misses nothing behind its cursor', async () => {
    const { gateway, sessionId, gate, seen } = await openBusy([text('Blue ', 'and ', 'done.')]);
    const input = { sessionId, prompt: 'Blue', onBusy: 'STEER', requestId: 'r' } as const;
    const queued = await until(chat(gateway.client(), input), 'RunQueued');
    const { id } = await steer(gateway, input);
    gate.release();
    const all = await seen;
    const tail = all.slice(all.findIndex(({ __typename }) => __typename === 'PromptSteered'));
    for (const [index, event] of [...queued, ...tail].entries()) {
      expect(await collect(chat(gateway.client(), input, event.seq))).toEqual(tail.slice(index));
      expect(await collect(follow(gateway.client(), id, event.seq))).toEqual(tail.slice(index));
    }
    expect((await steer(gateway, input)).id).toBe(id);
    expect(await messagesOf(gateway, sessionId)).toHaveLength(3);
    await expect(steer(gateway, { ...input, prompt: 'Red' })).rejects.toMatchObject({
      code: 'REQUEST_ID_REUSED',
    });
    await expect(collect(chat(gateway.client(), input, 1_000))).rejects.toMatchObject({ field: 'after' });
  });

  test('goes on with one stream ticket when its prompt has joined, from each frame of both runs, and gets no other run', async () => {
    const { gateway, sessionId, gate, seen, runId } = await openBusy([text('Done.')], [text('x')]);
    const { id } = await steer(gateway, { sessionId, prompt: 'Blue' });
    const create = 'mutation ($id: ID!) { createStreamTicket(runId: $id) { url ticket } }';
    const { url, ticket } = (await gateway.query(create, { id })).createStreamTicket;
    const frames = async (path: string, opened?: () => void) => {
      const response = await fetch(gateway.url + path);
      opened?.();
      const ids = [...(await response.text()).matchAll(/^id: (.*)$/gm)].map(([, frame]) => frame);
      return { status: response.status, ids };
    };
    const live = await frames(url, () => gate.release());
    const ofRun = (each: string) => `${databaseIdOf(each)}:`;
    expect(live.ids[0]).toBe(`${ofRun(id)}1`);
    expect(live.ids.slice(1)).toEqual((await seen).slice(5).map(({ seq }) => `${ofRun(runId)}${seq}`));
    // What was told of the queue does not matter any more.
    expect((await frames(url)).ids).toEqual(live.ids.slice(1));
    for (const [index, last] of live.ids.entries()) {
      const rest = live.ids.slice(index + 1);
      const status = rest.length === 0 ? 204 : 200;
      expect(await frames(`${url}&lastEventId=${last}`)).toEqual({ status, ids: rest });
    }

    const query = 'subscription ($run: ID!) { runEvents(runId: $run) { __typename runId } }';
    const subscribe = async (run: string) => {
      const search = new URLSearchParams({ query, variables: JSON.stringify({ run }), ticket });
      const headers = { accept: 'text/event-stream' };
      return (await fetch(`${gateway.url}/graphql/stream?${search}`, { headers })).text();
    };
    for (const run of [id, runId]) expect(await subscribe(run)).toContain('"RunCompleted"');
    const { runId: other } = (await collect(chat(gateway.client(), { sessionId, prompt: 'Next' })))[0] ?? {};
    expect(await subscribe(String(other))).toContain('"code":"FORBIDDEN"');
    const [first = '', later = ''] = [String(other), runId].map(ofRun);
    expect((await frames(`${url}&lastEventId=${first}1`)).status).toBe(403);
    expect((await frames(`${url}&lastEventId=${later}1`)).status).toBe(200);
  });

  test('gets one prompt for many requests with one request id that arrive together', async () => {
    const { gateway, sessionId, gate, seen } = await openBusy([text('Done.')]);
    const input = { sessionId, prompt: 'Blue', requestId: 'r' };
    const runs = await Promise.all(Array.from({ length: 6 }, () => steer(gateway, input)));
    expect(new Set(runs.map(({ id }) => id)).size).toBe(1);
    gate.release();
    expect(names(await seen).filter((name) => name === 'PromptSteered')).toHaveLength(1);
  });

  test('withdraws its prompt with a cancellation before it has joined, and stops the whole answer after that', async () => {
    const writing = createGate();
    const { gateway, sessionId, gate, seen, runId } = await openBusy([text('More '), writing]);
    const withdrawn = await steer(gateway, { sessionId, prompt: 'Never mind' });
    const kept = await steer(gateway, { sessionId, prompt: 'Blue' });
    const cancel = `mutation ($id: ID!) { cancelRun(input: { runId: $id }) { cancelled run { id cancelCause } } }`;
    expect((await gateway.graphql(cancel, { id: withdrawn.id })).data.cancelRun).toEqual({
      cancelled: true,
      run: { id: withdrawn.id, cancelCause: 'USER' },
    });
    gate.release();
    await writing.reached;
    expect((await gateway.graphql(cancel, { id: kept.id })).data.cancelRun).toEqual({
      cancelled: true,
      run: { id: runId, cancelCause: 'USER' },
    });
    expect((await seen).at(-1)).toMatchObject({ __typename: 'RunCancelled', cause: 'USER' });
    expect(await readRun(kept.id)).toMatchObject({ status: 'CANCELLED', cancelCause: 'USER' });
    const steered = (await seen).filter(({ __typename }) => __typename === 'PromptSteered');
    expect(steered.map(({ message }) => message.content)).toEqual(['Blue']);
  });

  test('gets an answer of its own if the run is cancelled that its prompt was to join', async () => {
    const { gateway, sessionId, seen, runId } = await openBusy([text('Yours.')]);
    const { id } = await steer(gateway, { sessionId, prompt: 'Blue' });
    await gateway.graphql('mutation ($id: ID!) { cancelRun(input: { runId: $id }) { cancelled } }', {
      id: runId,
    });
    expect((await seen).at(-1)?.__typename).toBe('RunCancelled');
    expect(textOf(await collect(follow(gateway.client(), id)))).toBe('Yours.');
  });

  test('is refused where STEER makes no sense, by the name of the field, and nothing is stored', async () => {
    const { gateway, sessionId, gate, seen, answerId } = await openBusy([text('Done.')]);
    const [prompt] = await messagesOf(gateway, sessionId);
    const refused = { code: 'BAD_USER_INPUT', field: 'input.onBusy' };
    await expect(steer(gateway, { sessionId, prompt: 'x', editOf: prompt.id })).rejects.toMatchObject(
      refused,
    );
    await expect(steer(gateway, { sessionId, answerTo: prompt.id })).rejects.toMatchObject(refused);
    await expect(steer(gateway, { sessionId, prompt: 'x', expectedHead: prompt.id })).rejects.toMatchObject({
      code: 'HEAD_MOVED',
    });
    await steer(gateway, { sessionId, prompt: 'One', expectedHead: answerId });
    await steer(gateway, { sessionId, prompt: 'Two' });
    await steer(gateway, { sessionId, prompt: 'Three' });
    await expect(steer(gateway, { sessionId, prompt: 'Four' })).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      limit: 'MAX_QUEUED_RUNS',
    });
    gate.release();
    await seen;
    const steered = (await messagesOf(gateway, sessionId))[2];
    for (const input of [{ prompt: 'x', editOf: steered.id }, { answerTo: steered.id }]) {
      const [field = ''] = Object.keys(input).filter((name) => name !== 'prompt');
      await expect(steer(gateway, { sessionId, onBusy: 'REJECT', ...input })).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
        field: `input.${field}`,
      });
    }
    expect(await messagesOf(gateway, sessionId)).toHaveLength(5);
  });
});

describe('a conversation with a prompt that has joined an answer', () => {
  async function openSteered() {
    const busy = await openBusy([text('Done.')], [text('Later.')]);
    await steer(busy.gateway, { sessionId: busy.sessionId, prompt: 'Blue' });
    busy.gate.release();
    await busy.seen;
    return busy;
  }

  test('can be copied, also where it is copied up to the answer', async () => {
    const { gateway, answerId, requests } = await openSteered();
    const { data } = await gateway.graphql(
      'mutation ($id: ID!) { forkSession(messageId: $id) { id messages(first: 9) { totalCount } } }',
      { id: answerId },
    );
    const { id, messages } = data.forkSession;
    expect(messages.totalCount).toBe(3);
    const [, answer, prompt] = await messagesOf(gateway, id);
    expect(answer.steeredPrompts).toEqual([
      { textOffset: 8, reasoningOffset: 0, message: { id: prompt.id, content: 'Blue' } },
    ]);
    expect(prompt.steeredInto).toEqual({ id: answer.id });
    await collect(chat(gateway.client(), { sessionId: id, prompt: 'Next' }));
    expect(requests()[2]?.slice(0, 5)).toEqual(requests()[1]);
  });

  test('shows the answer as its newest message, and the prompt as its head, which the next prompt continues', async () => {
    const { gateway, sessionId, answerId } = await openSteered();
    const prompt = (await messagesOf(gateway, sessionId))[2];
    const fields = 'head { id } lastMessage { id status content }';
    const query = `query ($id: ID!) { session(id: $id) { ${fields} } sessions(first: 50) { edges { node { id ${fields} } } } }`;
    const { session, sessions } = await gateway.query(query, { id: sessionId });
    expect(session).toEqual({
      head: { id: prompt.id },
      lastMessage: { id: answerId, status: 'COMPLETE', content: 'Working.\n\nDone.' },
    });
    const edge = sessions.edges.find(({ node }: { node: { id: string } }) => node.id === sessionId);
    expect(edge.node).toEqual({ id: sessionId, ...session });
    await collect(chat(gateway.client(), { sessionId, prompt: 'Next', expectedHead: prompt.id }));
    expect((await gateway.query(query, { id: sessionId })).session.lastMessage.content).toBe('Later.');
  });

  test('goes on without the prompt when that was deleted', async () => {
    const { gateway, sessionId, requests } = await openSteered();
    const prompt = (await messagesOf(gateway, sessionId))[2];
    await gateway.graphql('mutation ($id: ID!) { deleteMessage(id: $id) { id } }', { id: prompt.id });
    expect(await messagesOf(gateway, sessionId)).toMatchObject([{}, { steeredPrompts: [{ message: null }] }]);
    await collect(chat(gateway.client(), { sessionId, prompt: 'Next' }));
    const roles = (requests()[2] ?? []).map((message) => (message as { role: string }).role);
    expect(roles).toEqual(['user', 'assistant', 'tool', 'assistant', 'user']);
  });

  test('is cleared and deleted like any other', async () => {
    const { gateway, sessionId } = await openSteered();
    const counted = await gateway.graphql(
      'mutation ($id: ID!) { clearHistory(sessionId: $id) { messages(first: 1) { totalCount } } }',
      { id: sessionId },
    );
    expect(counted.data.clearHistory.messages.totalCount).toBe(0);
    await collect(chat(gateway.client(), { sessionId, prompt: 'Next' }));
    const { data } = await gateway.graphql(
      'mutation ($id: ID!) { deleteSession(id: $id) { deletedSessionId } }',
      { id: sessionId },
    );
    expect(data.deleteSession.deletedSessionId).toBe(sessionId);
  });
});
