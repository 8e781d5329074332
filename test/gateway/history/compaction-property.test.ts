import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createModels } from '../../../src/chat/models/models.ts';
import { chat, collect } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { apiKey } from '../../support/gateway/model-gateway.ts';
import { createTools } from '../../support/gateway/tool-double.ts';
import { type ModelRequest, type ModelServer, startModelServer } from '../../support/model/model-server.ts';
import { brokenRules } from '../../support/model/provider-rules.ts';
import { finish, status, type Turn, text, toolCall, usage } from '../../support/model/turn.ts';

/** Tokens that fit into the context of each model: one for each wire format. */
const contexts = {
  'openai-compatible/mistral-small': 2_400,
  'anthropic/claude-haiku-4-5': 3_000,
  'google/gemini-2.5-flash': 2_400,
  'openai/gpt-5': 3_200,
} as const;

type Model = keyof typeof contexts;

interface Action {
  model: Model;
  /** Tokens of the prompt. */
  prompt: number;
  /** Tokens of the answer. */
  answer: number;
  /** Tokens of the result of each call, step by step. */
  steps: number[][];
}

const words = (tokens: number) => ' word'.repeat(tokens);

const actions = fc.array(
  fc.record({
    model: fc.constantFrom(...(Object.keys(contexts) as Model[])),
    prompt: fc.integer({ min: 1, max: 900 }),
    answer: fc.integer({ min: 1, max: 400 }),
    steps: fc.array(fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 3 }), {
      maxLength: 3,
    }),
  }),
  { minLength: 4, maxLength: 9 },
);

const summaries = fc.array(
  fc.constantFrom<Turn>([text('What was said.')], [status(503)], [text('')], [finish('length')]),
  {
    maxLength: 4,
  },
);

const tools = createTools({ read: ({ args }) => words(Number((args as { tokens: unknown }).tokens)) });
let server: ModelServer;
let gateway: TestGateway;

beforeAll(async () => {
  server = await startModelServer();
  const { openaiUrl: baseUrl, anthropicUrl, googleUrl } = server;
  const models = createModels({
    demo: { delayMs: 0 },
    contextLimits: contexts,
    openaiCompatible: { apiKey, baseUrl },
    openai: { apiKey, baseUrl },
    anthropic: { apiKey, baseUrl: anthropicUrl },
    google: { apiKey, baseUrl: googleUrl },
  });
  gateway = await startTestGateway({ models, tools, settings: { MODEL_MAX_RETRIES: '0' } });
});

afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

/** Tokens of what a model is told. The texts have five characters a token. */
function tokensOf({ body }: ModelRequest): number {
  const told = ['messages', 'system', 'contents', 'systemInstruction', 'input', 'instructions'];
  return Math.round(told.reduce((sum, name) => sum + JSON.stringify(body[name] ?? '').length, 0) / 5);
}

function faultsOf(request: ModelRequest, model: Model, prompts: readonly number[]): string[] {
  const faults = brokenRules(request);
  const sent = JSON.stringify(request.body);
  for (const [begun, index, said, end] of sent.matchAll(/Alpha (\d+):((?: word)*)( Omega)?/g)) {
    const isWhole = end !== undefined && said?.length === (prompts[Number(index)] ?? 0) * ' word'.length;
    if (!isWhole) faults.push(`It has only a part of a prompt: ${begun.slice(0, 20)}.`);
  }
  if (tokensOf(request) > contexts[model]) faults.push(`${model} is told ${tokensOf(request)} tokens.`);
  return faults;
}

async function play(overflow: string, played: Action[], summed: Turn[]): Promise<string[]> {
  const sessionId = await gateway.createSession({
    settings: { contextOverflow: overflow },
    toolApproval: 'AUTO',
  });
  const faults: string[] = [];
  const prompts: number[] = [];
  const left = [...summed];
  for (const action of played) {
    server.reset();
    const steps = action.steps.map((calls, step) =>
      calls.map((tokens, index) => toolCall(`call${step}${index}xxx`.slice(0, 9), 'read', { tokens })),
    );
    server.otherwise((request) => {
      const size = { input: Math.max(1, tokensOf(request)), output: 10 };
      if (request.text.includes('You keep the memory'))
        return left.shift() ?? [text('A summary.'), usage(size)];
      const calls = steps.shift();
      return calls ? [...calls, usage(size)] : [text(`Said${words(action.answer)}`), usage(size)];
    });
    const [providerName = '', modelName = ''] = action.model.split('/');
    const prompt = `Alpha ${prompts.push(action.prompt) - 1}:${words(action.prompt)} Omega`;
    const events = await collect(chat(gateway.client(), { sessionId, prompt, providerName, modelName }));
    for (const request of server.requests) faults.push(...faultsOf(request, action.model, prompts));
    const last = events.at(-1);
    if (last?.__typename !== 'RunCompleted') faults.push(`The run ended as ${last?.['code']}.`);
  }
  return faults;
}

test('whatever a conversation is like, a model is told whole prompts, each call with its result, and no more than fits into its context', async () => {
  const overflows = fc.constantFrom('SUMMARISE', 'SUMMARISE', 'TRIM');
  let newest: Promise<string[]> = Promise.resolve([]);
  await fc.assert(
    fc.asyncProperty(overflows, actions, summaries, async (overflow, played, summed) => {
      newest = play(overflow, played, summed);
      expect(await newest).toEqual([]);
    }),
    { numRuns: 20, interruptAfterTimeLimit: 45_000, markInterruptAsFailure: false, endOnFailure: true },
  );
  // The time limit does not stop a conversation: the gateway must not end before it.
  expect(await newest).toEqual([]);
}, 120_000);
