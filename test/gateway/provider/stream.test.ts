import { describe, expect, test } from 'vitest';
import { chat, collect, type SeenRunEvent, textOf } from '../../support/gateway/chat.ts';
import type { GraphQLAnswer } from '../../support/gateway/gateway-api.ts';
import type { Format } from '../../support/gateway/model-gateway.ts';
import { shareModelGateway } from '../../support/gateway/shared-gateway.ts';
import { createTools } from '../../support/gateway/tool-double.ts';
import { createGate, reasoning, type Turn, text, toolCall } from '../../support/model/turn.ts';

/** A tool that prints its arguments in pieces of a few characters. */
const tools = createTools({
  async run({ args, print }) {
    const output = JSON.stringify(args);
    for (const piece of output.match(/.{1,3}/gsu) ?? []) await print(piece);
    return output;
  },
});
const formats: Format[] = ['openai', 'anthropic', 'google'];

describe.each(formats)('a run of a model of %s', (format) => {
  const shared = shareModelGateway(format, { tools });

  test('a run that is cancelled closes its connection to the provider', async () => {
    const gateway = shared();
    const { model } = gateway;
    const gate = createGate();
    model.script([text('Half an '), gate, text('answer')]);
    const sessionId = await gateway.createSession();

    const seen: SeenRunEvent[] = [];
    let receipt: GraphQLAnswer | undefined;
    for await (const event of chat(gateway.client(), { sessionId, prompt: 'Go' })) {
      seen.push(event);
      if (event.__typename !== 'TextDelta') continue;
      const cancel =
        'mutation ($runId: ID!) { cancelRun(input: { runId: $runId }) { cancelled message { content } } }';
      receipt = await gateway.graphql(cancel, { runId: event.runId });
      await model.requests[0]?.aborted;
    }

    expect(receipt?.data.cancelRun).toEqual({ cancelled: true, message: { content: 'Half an ' } });
    expect(seen.at(-1)).toMatchObject({
      __typename: 'RunCancelled',
      message: { status: 'CANCELLED', content: 'Half an ' },
      usage: { measured: false },
    });
    model.script([text('Better.')]);
    const next = await collect(chat(gateway.client(), { sessionId, prompt: 'Again' }));
    expect(next.at(-1)?.['message'].content).toBe('Better.');
  });

  test.each([1, 2, 3, 4, 5, 6])('the joined deltas of script %i are the stored message', async (seed) => {
    const random = createRandom(seed * 1_000 + format.length);
    const gateway = shared();
    const { model } = gateway;
    model.reset({ chunkBytes: 1 + Math.floor(random() * 40) });
    const turns = randomTurns(random);
    model.script(...turns);
    const sessionId = await gateway.createSession();

    const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Go' }));

    const said = (type: string) =>
      turns.flatMap((turn) =>
        turn.flatMap((step) => (step.type === type && 'deltas' in step ? step.deltas : [])),
      );
    const ended = seen.at(-1);
    expect(ended?.__typename).toBe('RunCompleted');
    // The gateway adds blank lines between the steps.
    const withoutLines = (answer: string) => answer.replaceAll('\n', '');
    expect(withoutLines(textOf(seen))).toBe(withoutLines(said('text').join('')));
    expect(ended?.['message'].content).toBe(textOf(seen));
    expect(ended?.['message'].reasoning ?? '').toBe(joined(seen, 'ReasoningDelta'));
    expect(withoutLines(joined(seen, 'ReasoningDelta'))).toBe(withoutLines(said('reasoning').join('')));
    for (const call of ended?.['message'].toolCalls ?? []) {
      const own = seen.filter(({ callId }) => callId === call.callId);
      expect(joined(own, 'ToolOutputDelta')).toBe(call.result);
    }
    expect(ended?.['message'].toolCalls).toHaveLength(
      turns.flat().filter(({ type }) => type === 'toolCall').length,
    );
  });
});

function joined(seen: SeenRunEvent[], typename: string): string {
  return seen.map((event) => (event.__typename === typename ? event.text : '')).join('');
}

/** Up to four turns with tools, and a last one without. */
function randomTurns(random: () => number): Turn[] {
  const upTo = (most: number) => Math.floor(random() * (most + 1));
  const words = [
    'a',
    ' ',
    '\n',
    'ü',
    '漢',
    '👩‍👩‍👧',
    '"',
    '\\',
    '\u2028',
    '</b>',
    'data: ',
    ' word',
    '\t',
    '```',
  ];
  const deltas = () => Array.from({ length: 1 + upTo(12) }, () => words[upTo(words.length - 1)] ?? '');
  const talk = () =>
    Array.from({ length: upTo(4) }, () => (random() < 0.4 ? reasoning(...deltas()) : text(...deltas())));
  let calls = 0;
  const call = () => toolCall(`call_${++calls}`, 'run', { path: deltas().join('') });
  const withTools = Array.from({ length: upTo(4) }, () => [
    ...talk(),
    ...Array.from({ length: 1 + upTo(2) }, call),
  ]);
  return [...withTools, [...talk(), text(...deltas())]];
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296;
  };
}
