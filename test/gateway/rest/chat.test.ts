import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeId } from '../../../src/base/global-id.ts';
import { type ScriptedGateway, startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { createRestClient, type Frame, type RestClient } from '../../support/http/rest-client.ts';
import { createGate, finish, reasoning, status, text, usage } from '../../support/model/turn.ts';

let gateway: ScriptedGateway;
let rest: RestClient;

beforeAll(async () => {
  gateway = await startScriptedGateway();
  rest = await createRestClient(gateway);
});
afterAll(() => gateway[Symbol.asyncDispose]());

async function newSession(): Promise<number> {
  return (await rest.call('POST', '/sessions/', { user_id: 'alice' })).json.id;
}

async function collect(frames: AsyncIterable<Frame>): Promise<Frame[]> {
  const all: Frame[] = [];
  for await (const frame of frames) all.push(frame);
  return all;
}

/** Reads up to and including the first frame of a type, then disconnects. */
async function until(frames: AsyncIterable<Frame>, type: string): Promise<Frame[]> {
  const all: Frame[] = [];
  for await (const frame of frames) {
    all.push(frame);
    if (frame.data.type === type) break;
  }
  return all;
}

const types = (frames: Frame[]) => frames.map(({ data }) => data.type);
const textOf = (frames: Frame[]) =>
  frames.map(({ data }) => (data.type === 'content' ? data.content : '')).join('');
const messagesOf = async (id: number) => (await rest.call('GET', `/sessions/${id}/messages`)).json.messages;

describe('a chat over REST', () => {
  test('a chat streams status, start, reasoning, content and usage frames, and finishes with the whole answer', async () => {
    const id = await newSession();
    gateway.model.script([reasoning('Hm.'), text('Hello'), usage({ input: 3, output: 4, reasoning: 1 })]);

    const frames = await collect(rest.chat(id, { prompt: 'Hi' }));

    const run = frames[1]?.data.run_id;
    const messages = await messagesOf(id);
    expect(frames).toEqual([
      { id: `${run}:0`, data: { type: 'status', status: 'running' } },
      {
        id: `${run}:1`,
        data: { type: 'start', run_id: run, message_id: messages[1].id, user_message_id: messages[0].id },
      },
      { id: `${run}:2`, data: { type: 'reasoning', content: 'Hm.' } },
      { id: `${run}:3`, data: { type: 'content', content: 'Hello' } },
      {
        id: `${run}:4`,
        data: {
          type: 'usage',
          usage: expect.objectContaining({ output_tokens: 4 }),
          step: expect.objectContaining({ output_tokens: 4, cache_write_input_tokens: 0 }),
        },
      },
      {
        id: `${run}:5`,
        data: {
          type: 'finish',
          message_id: messages[1].id,
          provider: 'openai-compatible',
          full_answer: 'Hello',
          finish_reason: 'stop',
          empty_reason: null,
          usage: expect.objectContaining({ input_tokens: 3, total_tokens: 7, measured: true }),
        },
      },
    ]);
    expect(messages).toMatchObject([
      { sender: 'user', content: 'Hi' },
      { sender: 'assistant', content: 'Hello', reasoning_content: 'Hm.', status: 'complete' },
    ]);
  });

  test('an answer that the length limit cuts, or leaves empty, says so in its last frame and in the history', async () => {
    const id = await newSession();
    gateway.model.script([text('Half'), finish('length')], [reasoning('Hm.'), finish('length')]);

    const half = await collect(rest.chat(id, { prompt: 'Hi' }));
    const empty = await collect(rest.chat(id, { prompt: 'Hi' }));

    const cut = { finish_reason: 'length', empty_reason: null };
    const spent = { finish_reason: 'length', empty_reason: 'reasoning_too_long' };
    expect(half.at(-1)?.data).toMatchObject({ ...cut, full_answer: 'Half' });
    expect(empty.at(-1)?.data).toMatchObject({ ...spent, full_answer: '' });
    const none = { finish_reason: null, empty_reason: null };
    expect(await messagesOf(id)).toMatchObject([none, cut, none, { ...spent, content: '' }]);
  });

  test('a chat ends with an error frame that names the code when the model fails', async () => {
    const id = await newSession();
    gateway.model.script([status(401)]);

    const frames = await collect(rest.chat(id, { prompt: 'Hi' }));

    expect(frames.at(-1)?.data).toMatchObject({ type: 'error', code: 'PROVIDER_UNAUTHORIZED' });
    expect(types(frames).filter((type) => ['finish', 'cancelled', 'error'].includes(type))).toHaveLength(1);
    const { code, content } = frames.at(-1)?.data ?? {};
    expect(await messagesOf(id)).toMatchObject([
      { finish_reason: null, error: null },
      { finish_reason: 'error', empty_reason: 'failed', error: { code, content } },
    ]);
  });

  test('a prompt for a busy session waits, and its stream says so', async () => {
    const id = await newSession();
    const gate = createGate();
    gateway.model.script([text('One'), gate], [text('Two')]);
    const first = collect(rest.chat(id, { prompt: 'First' }));
    await gate.reached;

    const second = rest.chat(id, { prompt: 'Second' });
    expect((await second.next()).value.data).toEqual({ type: 'status', status: 'queued' });
    gate.release();

    expect((await first).at(-1)?.data).toMatchObject({ type: 'finish', full_answer: 'One' });
    const rest2 = await collect(second);
    expect(rest2[0]?.data).toEqual({ type: 'status', status: 'running' });
    expect(rest2.at(-1)?.data).toMatchObject({ type: 'finish', full_answer: 'Two' });
  });

  test('a prompt with on_busy reject is refused with 409 in a busy session', async () => {
    const id = await newSession();
    const gate = createGate();
    gateway.model.script([text('One'), gate]);
    const first = collect(rest.chat(id, { prompt: 'First' }));
    await gate.reached;

    const refused = await rest.call('POST', `/sessions/${id}/chat`, { prompt: 'Second', on_busy: 'reject' });
    gate.release();
    await first;

    expect(refused).toMatchObject({ status: 409, json: { detail: expect.stringContaining('answering') } });
    expect(await messagesOf(id)).toHaveLength(2);
  });

  test('clearing the history of a busy session cancels the run and the waiting prompts first, and says so', async () => {
    const id = await newSession();
    const gate = createGate();
    gateway.model.script([text('One'), gate]);
    const chats = [collect(rest.chat(id, { prompt: 'First' }))];
    await gate.reached;
    chats.push(collect(rest.chat(id, { prompt: 'Second' })));
    await expect.poll(() => messagesOf(id)).toHaveLength(4);

    const cleared = await rest.call('POST', `/sessions/${id}/clear-history`);

    expect(cleared).toMatchObject({
      status: 200,
      json: { message: 'Run cancelled and history cleared', cancelled: true, session_id: id },
    });
    expect(await messagesOf(id)).toEqual([]);
    for (const frames of await Promise.all(chats)) expect(types(frames).at(-1)).toBe('cancelled');
  });

  test('a prompt with on_busy interrupt cancels the run in progress', async () => {
    const id = await newSession();
    const gate = createGate();
    gateway.model.script([text('One'), gate], [text('Two')]);
    const first = collect(rest.chat(id, { prompt: 'First' }));
    await gate.reached;

    const second = await collect(rest.chat(id, { prompt: 'Second', on_busy: 'interrupt' }));

    expect((await first).at(-1)?.data).toMatchObject({ type: 'cancelled', cause: 'superseded' });
    expect(second.at(-1)?.data).toMatchObject({ type: 'finish', full_answer: 'Two' });
    expect(await messagesOf(id)).toMatchObject([
      {},
      { content: 'One', status: 'cancelled' },
      {},
      { content: 'Two', status: 'complete' },
    ]);
  });

  test('a prompt that is sent several times with the same request_id starts one run', async () => {
    const id = await newSession();
    gateway.model.script([text('Once')]);
    const body = { prompt: 'Hi', request_id: 'first' };
    const asked = gateway.model.requests.length;

    const [one, two] = await Promise.all([collect(rest.chat(id, body)), collect(rest.chat(id, body))]);
    const again = await collect(rest.chat(id, body));

    expect([one, two, again].map((frames) => frames.at(-1)?.data.full_answer)).toEqual([
      'Once',
      'Once',
      'Once',
    ]);
    expect(gateway.model.requests.length - asked).toBe(1);
    const other = await rest.call('POST', `/sessions/${id}/chat`, { ...body, prompt: 'Something else' });
    expect(other.status).toBe(409);
  });
});

describe('branches over REST', () => {
  const full = (id: number) => `/sessions/${id}/chat`;
  const shown = async (id: number) =>
    (await messagesOf(id)).map(({ content }: { content: string }) => content).join(' / ');

  async function answered(id: number, body: object, answer: string): Promise<Frame[]> {
    gateway.model.script([text(answer)]);
    const frames = await collect(rest.chat(id, body));
    expect(frames.at(-1)?.data).toMatchObject({ type: 'finish', full_answer: answer });
    return frames;
  }

  /** A conversation of two prompts with their answers: A, a, B, b. Returns the ids of the messages, too. */
  async function converse(): Promise<{ id: number; ids: number[] }> {
    const id = await newSession();
    await answered(id, { prompt: 'A' }, 'a');
    await answered(id, { prompt: 'B' }, 'b');
    return { id, ids: (await messagesOf(id)).map((message: { id: number }) => message.id) };
  }

  test('an edited prompt and another answer are shown in place of the first ones, each behind its parent', async () => {
    const { id, ids } = await converse();
    const [a, , b] = ids;
    expect((await messagesOf(id)).map(({ parent_id }: { parent_id: number }) => parent_id)).toEqual([
      null,
      ...ids.slice(0, -1),
    ]);

    await answered(id, { prompt: 'C', edit_of: b }, 'c');
    expect(await shown(id)).toBe('A / a / C / c');
    const edited = await messagesOf(id);
    expect(edited.map(({ parent_id }: { parent_id: number }) => parent_id)).toEqual([
      null,
      ids[0],
      ids[1],
      edited[2].id,
    ]);

    await answered(id, { answer_to: a }, 'another a');
    expect(await shown(id)).toBe('A / another a');
    await answered(id, { prompt: 'D', edit_of: null, answer_to: null, expected_head: null }, 'd');
    expect(await shown(id)).toBe('A / another a / D / d');
  });

  test('the answer to a prompt of before is sent once for one request_id, and its stream is resumed', async () => {
    const { id, ids } = await converse();
    const asked = gateway.model.requests.length;
    const body = { answer_to: ids[0], request_id: 'again' };
    const frames = await answered(id, body, 'another a');
    const repeated = await collect(rest.chat(id, body));
    expect(repeated.at(-1)).toEqual(frames.at(-1));
    const cursor = { headers: { 'last-event-id': frames[1]?.id ?? '' } };
    expect(await collect(rest.chat(id, body, cursor))).toEqual(frames.slice(2));
    expect(gateway.model.requests.length - asked).toBe(1);
    for (const other of [{ answer_to: ids[2] }, { prompt: 'A' }, { prompt: 'A', edit_of: ids[0] }]) {
      const refused = await rest.call('POST', full(id), { ...other, request_id: 'again' });
      expect(refused.status).toBe(409);
    }
    expect(await shown(id)).toBe('A / another a');
  });

  test('a prompt under a conversation that has moved on is refused with 409 in the names of REST', async () => {
    const { id, ids } = await converse();
    const late = await rest.call('POST', full(id), { prompt: 'Late', expected_head: ids[1] });
    expect(late).toMatchObject({ status: 409, json: { detail: expect.stringContaining('expected_head') } });
    expect(await shown(id)).toBe('A / a / B / b');
    await answered(id, { prompt: 'On time', expected_head: ids[3] }, 'yes');
  });

  test('a message that the session does not have is refused with 404, and a bad place with 422 that names it', async () => {
    const { id, ids } = await converse();
    const other = await converse();
    for (const field of ['edit_of', 'answer_to']) {
      for (const unknown of [other.ids[0], 2 ** 31 - 1]) {
        const prompt = field === 'edit_of' ? { prompt: 'Hi' } : {};
        const refused = await rest.call('POST', full(id), { ...prompt, [field]: unknown });
        expect(refused.status).toBe(404);
        expect(refused.json.detail).toMatch(new RegExp(`^${field}: this session has no message ${unknown}`));
      }
    }
    for (const [body, field, type] of [
      [{ prompt: 'Hi', edit_of: ids[1] }, 'edit_of', 'value_error'],
      [{ answer_to: ids[1] }, 'answer_to', 'value_error'],
      [{ prompt: 'Hi', answer_to: ids[0] }, 'prompt', 'value_error'],
      [{ edit_of: ids[0], answer_to: ids[0] }, 'edit_of', 'value_error'],
      [{ answer_to: ids[0], attachment_ids: [1] }, 'attachment_ids', 'value_error'],
      [{ edit_of: ids[0] }, 'prompt', 'missing'],
      [{ prompt: null, edit_of: ids[0] }, 'prompt', 'string_type'],
      [{ prompt: '', answer_to: ids[0] }, 'prompt', 'string_too_short'],
      ...['edit_of', 'answer_to', 'expected_head'].flatMap((name) => [
        [{ prompt: 'Hi', [name]: 'TWVzc2FnZTox' }, name, 'float_type'] as const,
        [{ prompt: 'Hi', [name]: 1.5 }, name, 'int_from_float'] as const,
        [{ prompt: 'Hi', [name]: 0 }, name, 'greater_than_equal'] as const,
        [{ prompt: 'Hi', [name]: 2 ** 31 }, name, 'less_than_equal'] as const,
      ]),
    ] as const) {
      const refused = await rest.call('POST', full(id), body);
      expect(refused, JSON.stringify(body)).toMatchObject({ status: 422 });
      expect(refused.json.detail, JSON.stringify(body)).toMatchObject([{ loc: ['body', field], type }]);
    }
    expect(await shown(id)).toBe('A / a / B / b');
  });
});

describe('cancelling over REST', () => {
  test('a cancelled run keeps its text, and a second cancellation says that no run was cancelled', async () => {
    const id = await newSession();
    const gate = createGate();
    gateway.model.script([text('Half an '), gate, text('answer')]);
    const chat = rest.chat(id, { prompt: 'Hi' });
    const seen = await until({ [Symbol.asyncIterator]: () => ({ next: () => chat.next() }) }, 'content');

    const first = await rest.call('POST', `/sessions/${id}/cancel`);
    const second = await rest.call('POST', `/sessions/${id}/cancel`);
    const left = await collect(chat);

    const run = seen[1]?.data.run_id;
    expect(first.json).toMatchObject({ cancelled: true, session_id: id, run_id: run });
    expect(second.json).toMatchObject({ cancelled: false, session_id: id, run_id: null });
    expect(types(left).at(-1)).toBe('cancelled');
    expect(await messagesOf(id)).toMatchObject([
      { cancel_cause: null },
      { content: 'Half an ', status: 'cancelled', cancel_cause: 'user' },
    ]);
  });

  test('a run is cancelled when its session is deleted', async () => {
    const id = await newSession();
    const gate = createGate();
    gateway.model.script([text('Half'), gate]);
    const chat = collect(rest.chat(id, { prompt: 'Hi' }));
    await gate.reached;
    const request = gateway.model.requests.at(-1);

    const deleted = await rest.call('DELETE', `/sessions/${id}`);

    expect(deleted.status).toBe(200);
    expect((await chat).at(-1)?.data).toMatchObject({ type: 'cancelled', cause: 'deleted' });
    await request?.aborted;
    expect((await rest.call('GET', `/sessions/${id}`)).status).toBe(404);
  });
});

describe('a REST client that disconnects', () => {
  test('a client that disconnects does not stop the run and resumes with Last-Event-ID', async () => {
    const id = await newSession();
    const gate = createGate();
    gateway.model.script([text('One ', 'two '), gate, text('three')]);
    const asked = gateway.model.requests.length;
    const seen = await until(rest.chat(id, { prompt: 'Count' }), 'content');
    gate.release();

    const cursor = seen.at(-1)?.id ?? '';
    const resumed = await collect(
      rest.chat(id, { prompt: 'Count' }, { headers: { 'last-event-id': cursor } }),
    );

    expect(textOf([...seen, ...resumed])).toBe('One two three');
    expect(resumed.at(-1)?.data).toMatchObject({ type: 'finish', full_answer: 'One two three' });
    expect(gateway.model.requests.length - asked).toBe(1);
    expect(await messagesOf(id)).toHaveLength(2);
  });

  test('a client resumes after any frame without losing or repeating a piece of the answer', async () => {
    const id = await newSession();
    gateway.model.script([reasoning('Hm.'), text('a', 'b', 'c', 'd')]);
    const whole = await collect(rest.chat(id, { prompt: 'Spell' }));

    for (const [index, { id: cursor = '' }] of whole.slice(0, -1).entries()) {
      const resumed = await collect(rest.follow(id, { headers: { 'last-event-id': cursor } }));
      expect(textOf([...whole.slice(0, index + 1), ...resumed])).toBe('abcd');
      expect(resumed.at(-1)).toEqual(whole.at(-1));
    }
    const end = await gateway.rest(`/sessions/${id}/chat`, {
      headers: { 'last-event-id': whole.at(-1)?.id ?? '' },
    });
    expect(end.status).toBe(204);
  });
});

describe('a client that takes every empty line for the end of a message', () => {
  /** What such a client hands over, as `@microsoft/fetch-event-source` does: also a message without data. */
  function messagesIn(stream: string): string[] {
    const messages = stream.split('\n\n').map((lines) => lines.replaceAll(/^(?!data:).*\n?/gm, ''));
    expect(messages.pop()).toBe('');
    return messages;
  }

  test.each([
    ['/graphql', 'event: complete'],
    ['/graphql/stream', 'event: complete'],
    ['/api/v1/sessions/{id}/chat', '"type":"finish"'],
  ])('gets no message without data from %s before the stream is complete', async (path, end) => {
    const id = await newSession();
    gateway.model.script([text('Hello')]);
    const document = 'subscription ($input: ChatInput!) { chat(input: $input) { seq } }';
    const input = { sessionId: encodeId('Session', id), prompt: 'Hi' };
    const isRest = path.startsWith('/api');
    const body = isRest ? { prompt: 'Hi' } : { query: document, variables: { input } };

    const response = await fetch(new URL(path.replace('{id}', String(id)), gateway.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify(body),
    });
    const stream = await response.text();

    expect(stream).toContain(end);
    const answers = messagesIn(stream.replace(/event: complete\ndata:\n\n$/, ''));
    expect(answers.length).toBeGreaterThan(2);
    expect(answers).not.toContain('');
  });
});

describe('following over REST', () => {
  test('following a session that has no run gets 204', async () => {
    const id = await newSession();
    expect((await gateway.rest(`/sessions/${id}/chat`)).status).toBe(204);
  });

  test('a follower gets the run in progress from its start, and afterwards the last run', async () => {
    const id = await newSession();
    const gate = createGate();
    gateway.model.script([text('One '), gate, text('two')]);
    const chat = collect(rest.chat(id, { prompt: 'Count' }));
    await gate.reached;

    const follower = rest.follow(id);
    const seen = [
      (await follower.next()).value,
      (await follower.next()).value,
      (await follower.next()).value,
    ];
    gate.release();
    const live = [...seen, ...(await collect(follower))];

    expect(textOf(live)).toBe('One two');
    expect(live.at(-1)).toEqual((await chat).at(-1));
    const afterwards = await collect(rest.follow(id));
    expect(textOf(afterwards)).toBe('One two');
    expect(afterwards.at(-1)).toEqual(live.at(-1));
  });

  test('followers of two runs at once each get the frames of their own run', async () => {
    const ids = [await newSession(), await newSession()];
    const gates = [createGate(), createGate()] as const;
    gateway.model.script(
      [text('One '), gates[0], text('two '), text('three')],
      [text('ONE '), gates[1], text('TWO '), text('THREE')],
    );
    const chats: Promise<Frame[]>[] = [];
    for (const [at, gate] of gates.entries()) {
      chats.push(collect(rest.chat(ids[at] ?? 0, { prompt: 'Count' })));
      await gate.reached;
    }
    const followers = ids.flatMap((id) => [collect(rest.follow(id)), collect(rest.follow(id))]);
    for (const gate of gates) gate.release();

    const expected = await Promise.all(chats);
    const seen = await Promise.all(followers);
    expect(expected.map(textOf)).toEqual(['One two three', 'ONE TWO THREE']);
    expect(seen.map(textOf)).toEqual([...Array(2).fill('One two three'), ...Array(2).fill('ONE TWO THREE')]);
    for (const [at, frames] of seen.entries())
      expect(frames.at(-1)).toEqual(expected[at < 2 ? 0 : 1]?.at(-1));
  });
});
