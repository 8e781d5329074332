import type { ResponseInput, ResponseStreamEvent } from 'openai/resources/responses/responses';
import { describe, expect, test } from 'vitest';
import { encodeId } from '../../../src/base/global-id.ts';
import { scripted as model, openAiClient } from '../../support/gateway/openai-client.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { createTools } from '../../support/gateway/tool-double.ts';
import {
  createGate,
  finish,
  reasoning,
  status,
  type TurnStep,
  text,
  toolCall,
  usage,
} from '../../support/model/turn.ts';

const tools = createTools({
  read: () => 'the content',
  write: () => ({ status: 'FAILED', result: 'read-only', exitCode: 1 }),
});
const shared = shareScriptedGateway({ tools, settings: { MODEL_MAX_RETRIES: '0' } });

/** What the model was told in its newest request. */
const toldTo = (gateway: ReturnType<typeof shared>) => gateway.model.requests.at(-1)?.body['messages'];

async function collect(stream: AsyncIterable<ResponseStreamEvent>): Promise<ResponseStreamEvent[]> {
  const events: ResponseStreamEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

const textOf = (events: ResponseStreamEvent[]) =>
  events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('');

describe('a response', () => {
  test('it has its items, its usage and its conversation, and can be fetched', async () => {
    const gateway = shared();
    const client = openAiClient(gateway);
    gateway.model.script([reasoning('Hm.'), text('Hello'), usage({ input: 3, output: 5, reasoning: 1 })]);
    const response = await client.responses.create({
      model,
      input: 'Hi',
      instructions: 'Be kind.',
      metadata: { a: 'b' },
    });
    const run = response.id.replace('resp_', '');
    expect(response).toMatchObject({
      object: 'response',
      status: 'completed',
      model,
      output_text: 'Hello',
      instructions: 'Be kind.',
      metadata: { a: 'b' },
      conversation: { id: expect.stringMatching(/^conv_\d+$/) },
      output: [
        { id: `rs_${run}_0`, type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }] },
        {
          id: `msg_${run}_1`,
          type: 'message',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'Hello' }],
        },
      ],
      usage: {
        input_tokens: 3,
        output_tokens: 5,
        total_tokens: 8,
        output_tokens_details: { reasoning_tokens: 1 },
      },
    });
    const { completed_at, ...fetched } = await client.responses.retrieve(response.id);
    const { completed_at: _, ...created } = response;
    expect(fetched).toEqual(created);
    expect(completed_at).toEqual(expect.any(Number));
    const items = await client.responses.inputItems.list(response.id);
    expect(items.data).toMatchObject([{ role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }]);
  });

  test('an integer beyond 2^53 in the arguments of a call keeps its digits, live and stored', async () => {
    const gateway = shared();
    const args = '{"path":"a","id":9007199254740993}';
    const call: TurnStep = { type: 'toolCall', id: 'c1', name: 'read', fragments: [args] };
    gateway.model.script([call], [text('Done.')]);
    const client = openAiClient(gateway);
    const events = await collect(await client.responses.create({ model, input: 'Look', stream: true }));
    const last = events.at(-1);
    const id = last?.type === 'response.completed' ? last.response.id : '';
    const { output } = await client.responses.retrieve(id);

    const done = events.find(({ type }) => type === 'response.mcp_call_arguments.done');
    expect(done).toMatchObject({ arguments: args });
    expect(output[0]).toMatchObject({ type: 'mcp_call', arguments: args });
  });

  test('its stream has the events of OpenAI, with tools on nodes as items, and numbers that grow', async () => {
    const gateway = shared();
    gateway.model.script(
      [reasoning('Hm.'), text('I look.'), toolCall('c1', 'read', { path: 'a' }), toolCall('c2', 'write', {})],
      [text('Done.')],
    );
    const events = await collect(
      await openAiClient(gateway).responses.create({ model, input: 'Look', stream: true }),
    );
    const numbers = events.map((event) => event.sequence_number);
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
    const types = events.map(({ type }) => type.replace('response.', ''));
    const opened = (kind: string) => ['output_item.added', `${kind}.added`];
    const closed = (kind: string) => [`${kind}.done`, 'output_item.done'];
    const message = (deltas = 1) => [
      ...opened('content_part'),
      ...Array(deltas).fill('output_text.delta'),
      'output_text.done',
      ...closed('content_part'),
    ];
    const begunCall = [
      'output_item.added',
      'mcp_call.in_progress',
      'mcp_call_arguments.delta',
      'mcp_call_arguments.done',
    ];
    expect(types.slice(0, 14)).toEqual([
      ...['created', 'in_progress'],
      ...opened('reasoning_summary_part'),
      'reasoning_summary_text.delta',
      'reasoning_summary_text.done',
      ...closed('reasoning_summary_part'),
      ...message(),
    ]);
    expect(types.slice(14, 22).toSorted()).toEqual([...begunCall, ...begunCall].toSorted());
    const ends = [...types.slice(22, 26)].toSorted();
    expect(ends).toEqual(['mcp_call.completed', 'mcp_call.failed', 'output_item.done', 'output_item.done']);
    expect(types.slice(26)).toEqual([...message(), 'completed']);
    const last = events.at(-1);
    expect(last?.type === 'response.completed' && last.response.output).toMatchObject([
      { type: 'reasoning' },
      { type: 'message', content: [{ text: 'I look.' }] },
      {
        type: 'mcp_call',
        name: 'read',
        arguments: '{"path":"a"}',
        status: 'completed',
        output: 'the content',
        error: null,
      },
      { type: 'mcp_call', name: 'write', status: 'failed', output: null, error: 'read-only' },
      { type: 'message', content: [{ text: '\n\nDone.' }] },
    ]);
    const stored = await openAiClient(gateway).responses.retrieve(
      last?.type === 'response.completed' ? last.response.id : '',
    );
    expect(stored.output).toEqual(last?.type === 'response.completed' && last.response.output);
  });

  test('the stream of the client package makes the same response of it', async () => {
    const gateway = shared();
    gateway.model.script([reasoning('Hm.'), text('Hel', 'lo')]);
    const final = await openAiClient(gateway).responses.stream({ model, input: 'Hi' }).finalResponse();
    expect(final.output_text).toBe('Hello');
  });

  test('a length limit makes it incomplete; a failure is an error, or an event of the stream', async () => {
    const gateway = shared();
    const client = openAiClient(gateway);
    gateway.model.script([text('Half'), finish('length')], [status(500)], [status(500)]);
    const short = await client.responses.create({ model, input: 'Hi', max_output_tokens: 5 });
    expect(short).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
    });
    await expect(client.responses.create({ model, input: 'Hi' })).rejects.toMatchObject({
      status: 502,
      code: 'provider_unavailable',
    });
    const events = await collect(await client.responses.create({ model, input: 'Hi', stream: true }));
    expect(events.at(-1)).toMatchObject({
      type: 'response.failed',
      response: { status: 'failed', error: { code: 'provider_unavailable' } },
    });
  });
});

describe('a stream that was lost', () => {
  test('a response in the background goes on, and starting_after delivers exactly the rest', async () => {
    const gateway = shared();
    const client = openAiClient(gateway);
    const gate = createGate();
    gateway.model.script([reasoning('Think', 'ing'), text('one ', 'two ', 'three '), gate, text('four')]);
    const begun: ResponseStreamEvent[] = [];
    const stream = await client.responses.create({ model, input: 'Count', stream: true, background: true });
    for await (const event of stream) {
      begun.push(event);
      if (textOf(begun) === 'one two three ') break;
    }
    gate.release();
    const first = begun[0];
    const id = first?.type === 'response.created' ? first.response.id : '';
    await expect.poll(async () => (await client.responses.retrieve(id)).status).toBe('completed');
    const whole = await collect(await client.responses.retrieve(id, { stream: true }));
    for (const [index, { sequence_number }] of begun.entries()) {
      // A client is cut off between run events: their last frame ends with 99.
      if (sequence_number % 100 !== 99) continue;
      const rest = await collect(
        await client.responses.retrieve(id, { stream: true, starting_after: sequence_number }),
      );
      const text = textOf(begun.slice(0, index + 1)) + textOf(rest);
      expect(text).toBe('one two three four');
      expect(rest.at(-1)).toEqual(whole.at(-1));
    }
  });

  test('a response that is not in the background is cancelled when its client leaves', async () => {
    const gateway = shared();
    const client = openAiClient(gateway);
    const gate = createGate();
    gateway.model.script([text('Hel'), gate]);
    let id = '';
    for await (const event of await client.responses.create({ model, input: 'Hi', stream: true })) {
      if (event.type === 'response.created') id = event.response.id;
      if (event.type === 'response.output_text.delta') break;
    }
    await expect.poll(async () => (await client.responses.retrieve(id)).status).toBe('cancelled');
    expect((await client.responses.retrieve(id)).output_text).toBe('Hel');
  });

  test('a response can be cancelled, again and again, and its stream ends', async () => {
    const gateway = shared();
    const client = openAiClient(gateway);
    const gate = createGate();
    gateway.model.script([text('Hel'), gate]);
    const { id, status } = await client.responses.create({ model, input: 'Hi', background: true });
    expect(status).toBe('in_progress');
    await gate.reached;
    const followed = client.responses.retrieve(id, { stream: true }).then(collect);
    expect((await client.responses.cancel(id)).status).toBe('cancelled');
    expect((await client.responses.cancel(id)).status).toBe('cancelled');
    expect((await followed).at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: { status: 'cancelled' },
    });
  });
});

describe('a conversation', () => {
  test('previous_response_id goes on behind that response, also behind an older one', async () => {
    const gateway = shared();
    const client = openAiClient(gateway);
    gateway.model.script([text('A1')], [text('A2')], [text('B2')], [text('B3')]);
    const first = await client.responses.create({ model, input: 'Q1', instructions: 'Be brief.' });
    const second = await client.responses.create({ model, input: 'Q2', previous_response_id: first.id });
    expect(second.previous_response_id).toBe(first.id);
    expect(second.conversation).toEqual(first.conversation);
    // As with OpenAI, instructions are not carried over.
    expect(toldTo(gateway)).toEqual([
      { role: 'user', content: 'Q1' },
      { role: 'assistant', content: 'A1' },
      { role: 'user', content: 'Q2' },
    ]);
    const other = await client.responses.create({ model, input: 'Q2b', previous_response_id: first.id });
    const third = await client.responses.create({ model, input: 'Q3', previous_response_id: other.id });
    expect(third.previous_response_id).toBe(other.id);
    expect(toldTo(gateway)).toEqual([
      { role: 'user', content: 'Q1' },
      { role: 'assistant', content: 'A1' },
      { role: 'user', content: 'Q2b' },
      { role: 'assistant', content: 'B2' },
      { role: 'user', content: 'Q3' },
    ]);
  });

  test('a conversation is a session, with the history that it begins with', async () => {
    const gateway = shared();
    const client = openAiClient(gateway);
    gateway.model.script([text('Lisbon.')], [text('Madrid.')]);
    const { id } = await client.conversations.create({
      metadata: { topic: 'travel' },
      items: [
        { type: 'message', role: 'developer', content: 'Answer with a city.' },
        { type: 'message', role: 'user', content: 'France?' },
        { type: 'message', role: 'assistant', content: 'Paris.' },
      ],
    });
    await client.responses.create({ model, conversation: id, input: 'Portugal?' });
    await client.responses.create({
      model,
      conversation: { id },
      input: [{ role: 'user', content: 'Spain?' }],
    });
    expect(toldTo(gateway)).toEqual([
      { role: 'system', content: 'Answer with a city.' },
      { role: 'user', content: 'France?' },
      { role: 'assistant', content: 'Paris.' },
      { role: 'user', content: 'Portugal?' },
      { role: 'assistant', content: 'Lisbon.' },
      { role: 'user', content: 'Spain?' },
    ]);
    expect(await client.conversations.update(id, { metadata: { topic: 'cities' } })).toMatchObject({
      metadata: { topic: 'cities' },
    });
    expect(await client.conversations.retrieve(id)).toMatchObject({ id, metadata: { topic: 'cities' } });
    expect(await client.conversations.delete(id)).toMatchObject({ deleted: true });
    await expect(client.conversations.retrieve(id)).rejects.toMatchObject({ status: 404 });
  });

  test('a list of items with answers begins a new session with that history', async () => {
    const gateway = shared();
    const client = openAiClient(gateway);
    gateway.model.script([text('First')], [text('Second')]);
    const first = await client.responses.create({ model, input: 'Q1' });
    const input = [
      { role: 'user', content: 'Q1' },
      ...first.output,
      { role: 'user', content: 'Q2' },
    ] as ResponseInput;
    await client.responses.create({ model, input, store: false });
    expect(toldTo(gateway)).toEqual([
      { role: 'user', content: 'Q1' },
      { role: 'assistant', content: 'First' },
      { role: 'user', content: 'Q2' },
    ]);
  });

  test('responses of one conversation at the same time wait for each other', async () => {
    const gateway = shared();
    const client = openAiClient(gateway);
    const gate = createGate();
    gateway.model.script([text('A1')], [gate, text('A2')], [text('B2')]);
    const first = await client.responses.create({ model, input: 'Q1' });
    const slow = client.responses.create({ model, input: 'Q2', previous_response_id: first.id });
    await gate.reached;
    const queued = await client.responses.create({
      model,
      input: 'Q2b',
      previous_response_id: first.id,
      background: true,
    });
    expect(queued.status).toBe('queued');
    gate.release();
    expect((await slow).output_text).toBe('A2');
    await expect.poll(async () => (await client.responses.retrieve(queued.id)).status).toBe('completed');
    expect(toldTo(gateway)).toEqual([
      { role: 'user', content: 'Q1' },
      { role: 'assistant', content: 'A1' },
      { role: 'user', content: 'Q2b' },
    ]);
  });

  test('a response that is deleted, or not stored, is gone', async () => {
    const gateway = shared();
    const client = openAiClient(gateway);
    gateway.model.script([text('A1')], [text('A2')], [text('A3')], [text('A4')]);
    const first = await client.responses.create({ model, input: 'Q1' });
    const second = await client.responses.create({ model, input: 'Q2', previous_response_id: first.id });
    const unstored = await client.responses.create({
      model,
      input: 'Q3',
      previous_response_id: second.id,
      store: false,
    });
    expect(unstored.output_text).toBe('A3');
    const session = encodeId('Session', Number(first.conversation?.id.replace('conv_', '')));
    const count = 'query ($id: ID!) { session(id: $id) { messages(first: 1) { totalCount } } }';
    expect((await gateway.query(count, { id: session })).session.messages.totalCount).toBe(4);
    await client.responses.delete(second.id);
    expect((await gateway.query(count, { id: session })).session.messages.totalCount).toBe(2);
    await client.responses.delete(first.id);
    expect((await gateway.query(count, { id: session })).session).toBeNull();
    const alone = await client.responses.create({ model, input: 'Q4', store: false });
    await expect(client.responses.retrieve(alone.id)).rejects.toMatchObject({ status: 404 });
  });
});
