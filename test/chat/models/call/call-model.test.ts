import type { LanguageModelV3, LanguageModelV3StreamPart } from '@ai-sdk/provider';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allParts, call, modelOf, outcome } from '../../../support/model/call.ts';
import { type ModelServer, startModelServer } from '../../../support/model/model-server.ts';
import {
  createGate,
  cutSocket,
  endWithoutFinish,
  finish,
  type Gate,
  noUsage,
  raw,
  reasoning,
  silence,
  text,
  toolCall,
  usage,
} from '../../../support/model/turn.ts';

let server: ModelServer;
beforeEach(async () => {
  server = await startModelServer();
});
afterEach(() => server[Symbol.asyncDispose]());

function joined(parts: LanguageModelV3StreamPart[], type: 'text-delta' | 'reasoning-delta') {
  return parts.map((part) => (part.type === type ? part.delta : '')).join('');
}

test.each([30, 250, 700, 100_000])(
  'text and reasoning by turns keep their order, %i bytes at once',
  async (chunkBytes) => {
    await using torn = await startModelServer({ chunkBytes });
    torn.script([
      text('a'),
      reasoning('b'),
      reasoning('c', 'd'),
      text('e', 'f', 'g'),
      reasoning('h', 'i'),
      text('j'),
    ]);
    let said = '';
    let newest = '';
    for await (const part of call(modelOf(torn, 'openai-compatible'))) {
      if (!('delta' in part)) continue;
      said += part.type === newest ? part.delta : ` ${part.delta}`;
      newest = part.type;
    }
    expect(said).toBe(' a bcd efg hi j');
  },
);

describe.each(['openai-compatible', 'openai', 'anthropic', 'google'] as const)('a call of %s', (provider) => {
  test('a call streams reasoning, text and usage, and ends with finish', async () => {
    server.script([
      reasoning('Let me ', 'think.'),
      text('Hel', 'lo, ', 'Alice ☂'),
      usage({ input: 100, output: 20, cached: 60, reasoning: provider === 'anthropic' ? 0 : 8 }),
    ]);
    const parts = await allParts(call(modelOf(server, provider)));
    const last = parts.at(-1);
    expect(joined(parts, 'reasoning-delta')).toBe('Let me think.');
    expect(joined(parts, 'text-delta')).toBe('Hello, Alice ☂');
    expect(last).toMatchObject({
      type: 'finish',
      finishReason: { unified: 'stop' },
      usage: {
        inputTokens: { total: 100, cacheRead: 60 },
        outputTokens: { total: 20, reasoning: provider === 'anthropic' ? 0 : 8 },
      },
    });
  });

  test('a call joins the fragments of several tool calls', async () => {
    server.script([
      text('Looking.'),
      toolCall('call_1', 'read_file', { path: '/tmp/ünïcode.txt' }),
      toolCall('call_2', 'list_files', { path: '/' }),
    ]);
    const parts = await allParts(call(modelOf(server, provider)));
    const calls = parts.filter((part) => part.type === 'tool-call');
    expect(calls.map(({ toolName, input }) => [toolName, JSON.parse(input)])).toEqual([
      ['read_file', { path: '/tmp/ünïcode.txt' }],
      ['list_files', { path: '/' }],
    ]);
    expect(parts.at(-1)).toMatchObject({ finishReason: { unified: 'tool-calls' } });
  });

  test('a call reads an answer that arrives in single bytes', async () => {
    await using torn = await startModelServer({ chunkBytes: 1 });
    torn.script([text('Ein Gruß ', 'an 東京 👩‍🚀.')]);
    expect(await outcome(call(modelOf(torn, provider)))).toEqual({
      answer: 'Ein Gruß an 東京 👩‍🚀.',
      error: undefined,
    });
  });

  test.each([20, 300, 3_000])('parts keep their order when %i bytes arrive at once', async (chunkBytes) => {
    await using torn = await startModelServer({ chunkBytes });
    const words = Array.from({ length: 20 }, (_, index) => `word ${index}, `);
    torn.script([reasoning(...words), text(...words), toolCall('call_1', 'list_files', { path: '/' })]);
    const parts = await allParts(call(modelOf(torn, provider)));
    const order = parts.map(({ type }) => type).filter((type) => /-delta$|^tool-call$/.test(type));
    expect(order.filter((type, index) => type !== order[index - 1])).toEqual([
      'reasoning-delta',
      'text-delta',
      'tool-input-delta',
      'tool-call',
    ]);
    expect(joined(parts, 'reasoning-delta')).toBe(words.join(''));
    expect(joined(parts, 'text-delta')).toBe(words.join(''));
  });

  test('a call leaves its connection to the next call', async () => {
    server.otherwise(() => [text('Hello')]);
    for (let calls = 0; calls < 6; calls += 1) await allParts(call(modelOf(server, provider)));
    expect(server.requests).toHaveLength(6);
    // Node's fetch may open a second connection while it is still releasing the first.
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  test('a call yields the answer so far before it reports that the socket was cut', async () => {
    const gate = createGate();
    server.script([text('Half an'), gate, cutSocket()]);
    const parts = call(modelOf(server, provider));
    let answer = '';
    const error = await (async () => {
      for await (const part of parts) {
        if (part.type !== 'text-delta') continue;
        answer += part.delta;
        gate.release();
      }
      return undefined;
    })().catch((thrown: unknown) => thrown);
    expect(answer).toBe('Half an');
    expect(error).toMatchObject({ name: 'ProviderError', code: 'PROVIDER_STREAM_CUT' });
  });

  // The items of OpenAI's Responses say themselves that they are done; see wire-responses.test.ts.
  test.skipIf(provider === 'openai')('a call reports an answer without a finish as cut', async () => {
    server.script([text('Half an'), endWithoutFinish()]);
    expect(await outcome(call(modelOf(server, provider)))).toMatchObject({
      answer: 'Half an',
      error: { code: 'PROVIDER_STREAM_CUT', message: 'The model provider broke off its answer.' },
    });
  });

  test('a call that is aborted in the middle of the answer closes its connection', async () => {
    server.script([text('On and'), silence()]);
    const alice = new AbortController();
    const reason = new Error('Alice pressed stop.');
    const error = await (async () => {
      for await (const part of call(modelOf(server, provider), { signal: alice.signal })) {
        if (part.type === 'text-delta') alice.abort(reason);
      }
    })().catch((thrown: unknown) => thrown);
    expect(error).toBe(reason);
    await (await server.request(0)).aborted;
  });

  test('a call whose loop is left closes its connection', async () => {
    server.script([text('On and'), silence()]);
    for await (const part of call(modelOf(server, provider))) if (part.type === 'text-delta') break;
    await (await server.request(0)).aborted;
  });
});

test('a call of anthropic leaves its connection to the next call although the body ends after the finish', async () => {
  const gates: Gate[] = [];
  const finished = [
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } },
    { type: 'message_stop' },
  ].map((value) => raw(`data: ${JSON.stringify(value)}\n\n`));
  server.otherwise(() => [text('Hello'), ...finished, gates.at(-1) ?? createGate(), endWithoutFinish()]);
  for (let calls = 0; calls < 6; calls += 1) {
    const gate = createGate();
    gates.push(gate);
    for await (const part of call(modelOf(server, 'anthropic'))) if (part.type === 'finish') gate.release();
  }
  expect(server.connections).toBeLessThanOrEqual(2);
});

test('a call has no usage when the provider reports none', async () => {
  server.script([text('Hello'), noUsage(), finish('length')]);
  expect((await allParts(call(modelOf(server, 'openai-compatible')))).at(-1)).toMatchObject({
    finishReason: { unified: 'length' },
    usage: { inputTokens: { total: undefined }, outputTokens: { total: undefined } },
  });
});

describe('a model that misbehaves', () => {
  const hanging = (stream: ReadableStream<LanguageModelV3StreamPart> | undefined): LanguageModelV3 => ({
    specificationVersion: 'v3',
    provider: 'bob',
    modelId: 'stubborn',
    supportedUrls: {},
    doGenerate: () => new Promise(() => {}),
    doStream: () => (stream ? Promise.resolve({ stream }) : new Promise(() => {})),
  });

  test('an abort ends the call at once even when the model ignores the signal', async () => {
    const alice = new AbortController();
    const ended = outcome(call(hanging(undefined), { signal: alice.signal }));
    alice.abort('stop');
    expect((await ended).error).toBe('stop');
  });

  test('an abort ends the call at once even when the stream never ends and its cancel hangs', async () => {
    const alice = new AbortController();
    const stream = new ReadableStream<LanguageModelV3StreamPart>({
      start: (controller) => controller.enqueue({ type: 'text-delta', id: '1', delta: 'Hel' }),
      pull: () => new Promise(() => {}),
      cancel: () => new Promise(() => {}),
    });
    const parts = call(hanging(stream), { signal: alice.signal });
    await parts.next();
    const next = parts.next();
    alice.abort('stop');
    await expect(next).rejects.toBe('stop');
  });

  test('a stream that fails between two reads because of the abort causes no unhandled rejection', async () => {
    const alice = new AbortController();
    const stream = new ReadableStream<LanguageModelV3StreamPart>({
      start(controller) {
        controller.enqueue({ type: 'text-delta', id: '1', delta: 'Hel' });
        alice.signal.addEventListener('abort', () => controller.error(new Error('socket closed')));
      },
    });
    const parts = call(hanging(stream), { signal: alice.signal });
    await parts.next();
    alice.abort('stop');
    // An unhandled rejection fails the test file, as it would end the process.
    await expect(parts.next()).rejects.toBe('stop');
  });

  test('a stream that arrives after the abort is cancelled', async () => {
    const alice = new AbortController();
    const cancelled = new Promise<void>((resolve) => {
      const stream = new ReadableStream<LanguageModelV3StreamPart>({ cancel: () => resolve() });
      const answer = new Promise<{ stream: typeof stream }>((settle) => {
        alice.signal.addEventListener('abort', () => settle({ stream }));
      });
      const model = { ...hanging(undefined), doStream: () => answer };
      void outcome(call(model, { signal: alice.signal }));
    });
    alice.abort('stop');
    await cancelled;
  });

  test('a call with an aborted signal sends no request', async () => {
    const { error } = await outcome(
      call(modelOf(server, 'openai'), { signal: AbortSignal.abort('too late') }),
    );
    expect(error).toBe('too late');
    expect(server.requests).toHaveLength(0);
  });

  test('a call reads the stream no faster than its parts are used', async () => {
    let made = 0;
    const stream = new ReadableStream<LanguageModelV3StreamPart>({
      pull: (controller) => {
        made += 1;
        controller.enqueue({ type: 'text-delta', id: '1', delta: 'a' });
      },
    });
    const parts = call(hanging(stream));
    for (let read = 0; read < 3; read += 1) await parts.next();
    await parts.return();
    expect(made).toBeLessThanOrEqual(4);
  });

  test('an unknown error of the model is reported as a failure inside the gateway', async () => {
    const model = { ...hanging(undefined), doStream: () => Promise.reject(new TypeError('oops')) };
    expect((await outcome(call(model))).error).toMatchObject({ code: 'INTERNAL' });
  });
});
