import { expect, test } from 'vitest';
import { chat, collect, textOf } from '../../support/gateway/chat.ts';
import { shareModelGateway } from '../../support/gateway/shared-gateway.ts';
import { raw, reasoning, silence, status, type TurnStep, text, toolCall } from '../../support/model/turn.ts';

const shared = shareModelGateway('openai', {
  settings: { MAX_ANSWER_BYTES: '100000', MODEL_IDLE_TIMEOUT_MS: '20000', MODEL_MAX_RETRIES: '0' },
});

/** Sends a prompt that the model answers with these steps. */
async function ask(...steps: TurnStep[]) {
  const gateway = shared();
  gateway.model.script(steps);
  const sessionId = await gateway.createSession();
  return await collect(chat(gateway.client(), { sessionId, prompt: 'Go' }));
}

const piece = 'é'.repeat(1_000);
const tooLong = 'The response of the model is longer than 100000 bytes (MAX_ANSWER_BYTES).';
const endlessLine = `data: ${'x'.repeat(9_000_000)}`;
const floods: [name: string, steps: TurnStep[], reason: string][] = [
  ['text', Array.from({ length: 60 }, () => text(piece)), tooLong],
  ['reasoning', Array.from({ length: 60 }, () => reasoning(piece)), tooLong],
  [
    'text and reasoning together',
    Array.from({ length: 30 }, () => [text(piece), reasoning(piece)]).flat(),
    tooLong,
  ],
  ['arguments of a tool call', [toolCall('call-1', 'read_file', { path: 'x'.repeat(110_000) })], tooLong],
  [
    'tool calls',
    Array.from({ length: 1_001 }, (_, index) => toolCall(`call-${index}`, 'read_file', {})),
    'The response of the model asks for more than 1000 tool calls.',
  ],
  [
    'tool calls, in a response that does not end',
    [...Array.from({ length: 1_001 }, (_, index) => toolCall(`call-${index}`, 'read_file', {})), silence()],
    'The response of the model asks for more than 1000 tool calls.',
  ],
  [
    'lists in each other on one line',
    [raw(`data: ${'['.repeat(4_000_000)}`), silence()],
    'The response of the model provider is too long.',
  ],
  [
    'a line that does not end',
    [raw(endlessLine), silence()],
    'The response of the model provider is too long.',
  ],
];

test.each(floods)('a run fails when the model sends too much: %s', async (_, steps, reason) => {
  const seen = await ask(...steps);
  expect(seen.at(-1)).toMatchObject({ __typename: 'RunFailed', code: 'PROVIDER_BAD_RESPONSE', reason });
  expect(seen.at(-1)?.['message']).toMatchObject({ status: 'FAILED', content: textOf(seen) });
  expect(Buffer.byteLength(textOf(seen))).toBeLessThanOrEqual(100_000);
});

test('a run fails when the body of a refusal is too long', async () => {
  const seen = await ask(status(400, { body: 'x'.repeat(9_000_000) }));
  expect(seen.at(-1)).toMatchObject({ __typename: 'RunFailed' });
});

test('a response of exactly MAX_ANSWER_BYTES is stored', async () => {
  const seen = await ask(text('x'.repeat(100_000)));
  expect(seen.at(-1)).toMatchObject({
    __typename: 'RunCompleted',
    message: { content: 'x'.repeat(100_000) },
  });
});

test('the log of a run stays short when the model sends its text in single characters', async () => {
  const characters = Array.from({ length: 6_000 }, (_, index) => String(index % 10));
  const seen = await ask(text(...characters));
  expect(textOf(seen)).toBe(characters.join(''));
  expect(seen.at(-1)).toMatchObject({
    __typename: 'RunCompleted',
    message: { content: characters.join('') },
  });
  expect(seen.at(-1)?.seq).toBeLessThan(4_000);
});

test('a run completes when the provider leaves the connection open after its last event', async () => {
  const chunk = (delta: object, reason: string | null) =>
    `data: ${JSON.stringify({ id: 'x', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`;
  const seen = await ask(
    raw(chunk({ content: 'Hello' }, null)),
    raw(chunk({}, 'stop')),
    raw('data: [DO'),
    raw('NE]\n\n'),
    silence(),
  );
  expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { content: 'Hello' } });
});
