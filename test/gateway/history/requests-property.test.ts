import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createModels } from '../../../src/chat/models/models.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { apiKey } from '../../support/gateway/model-gateway.ts';
import { createRandomTools, type MadeCall, RandomChat } from '../../support/gateway/random-chat.ts';
import {
  type Action,
  contextLimits,
  conversations,
  maxSteps,
  systemPrompts,
} from '../../support/gateway/random-conversation.ts';
import { type ModelRequest, type ModelServer, startModelServer } from '../../support/model/model-server.ts';
import { brokenRules } from '../../support/model/provider-rules.ts';
import { repeatedCalls } from '../../support/model/repeated-calls.ts';

const tools = createRandomTools();
let server: ModelServer;
let gateway: TestGateway;

beforeAll(async () => {
  server = await startModelServer();
  const settings = { MODEL_MAX_RETRIES: '0', MAX_STEPS: String(maxSteps) };
  const { openaiUrl: baseUrl, anthropicUrl, googleUrl } = server;
  const models = createModels({
    demo: { delayMs: 0 },
    contextLimits,
    // A request for a summary would get the response that is meant for the next step.
    settings: { contextOverflow: 'TRIM' },
    openaiCompatible: { apiKey, baseUrl },
    // The settings can send the requests to OpenAI to no other address.
    openai: { apiKey, baseUrl },
    anthropic: { apiKey, baseUrl: anthropicUrl },
    google: { apiKey, baseUrl: googleUrl },
  });
  gateway = await startTestGateway({ models, tools: tools.runner, settings });
});

afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

/** Plays the actions in one session. Returns the faults of all requests. */
async function faultsOf(systemPrompt: string, played: Action[]): Promise<string[]> {
  const sessionId = await gateway.createSession({ systemPrompt });
  const chat = new RandomChat(gateway, server, tools, sessionId);
  const faults: string[] = [];
  for (const action of played) {
    await chat.play(action);
    for (const request of server.requests)
      faults.push(...brokenRules(request), ...wrongRepeats(request, chat.made));
    server.reset();
  }
  return faults;
}

/** What its maker is not shown again, what another model is shown, texts that are cut, and withdrawn prompts. */
function wrongRepeats(request: ModelRequest, made: readonly MadeCall[]): string[] {
  const text = JSON.stringify(request.body);
  const withdrawn = /Withdrawn \d+/.exec(text);
  const faults = withdrawn ? [`It has "${withdrawn[0]}".`] : [];
  if (/Alpha(?!\.)|Omega(?!\.)/.test(text)) faults.push('A text has lost its end.');
  const target = targetOf(request);
  for (const [, maker] of text.matchAll(/(?:Thought|Signature) \d+ of ([\w./-]+\w)/g)) {
    if (maker !== target) faults.push(`${target} is shown what only ${maker} may see.`);
  }
  for (const { n, thought, signature } of repeatedCalls(request)) {
    const call = made[n];
    if (call?.model !== target) continue;
    // Anthropic and OpenAI take no thought without a signature, and Google needs none.
    const isSigner = request.format === 'anthropic' || request.format === 'openai-responses';
    const wantsThought = request.format === 'openai' || (isSigner && call.signature);
    if (wantsThought && thought !== call.thought) faults.push(`Call ${n} lacks "${call.thought}".`);
    if (call.signature && signature !== call.signature) faults.push(`Call ${n} lacks "${call.signature}".`);
  }
  return faults;
}

/** The model that is asked. */
function targetOf({ format, path, body }: ModelRequest): string {
  if (format === 'google') return `google/${/models\/([^:]+):/.exec(path)?.[1]}`;
  const provider = { openai: 'openai-compatible', 'openai-responses': 'openai', anthropic: 'anthropic' }[
    format
  ];
  return `${provider}/${body['model']}`;
}

test('whatever happened in a chat before, every request keeps the rules of its provider, and shows each model its own signatures again', async () => {
  let newest: Promise<string[]> = Promise.resolve([]);
  await fc.assert(
    fc.asyncProperty(systemPrompts, conversations, async (systemPrompt, played) => {
      newest = faultsOf(systemPrompt, played);
      expect(await newest).toEqual([]);
    }),
    { numRuns: 30, interruptAfterTimeLimit: 12_000, endOnFailure: true },
  );
  // The time limit does not stop a conversation: the gateway must not end before it.
  expect(await newest).toEqual([]);
});
