import fc from 'fast-check';
import { type ExecutionArgs, execute, isObjectType, parse, specifiedRules, validate } from 'graphql';
import { beforeAll, expect, test, vi } from 'vitest';
import type { RunEvent, RunEventBody } from '../../../src/chat/log/run-event.ts';
import { noUsage } from '../../../src/chat/usage/usage.ts';
import type { Context } from '../../../src/context.ts';
import { executeLimited } from '../../../src/http/graphql/budget/execute-within-budget.ts';
import { compileEventExecution } from '../../../src/http/graphql/compiled/execute-compiled.ts';
import { anonymous } from '../../../src/identity/viewer.ts';
import { ResultBudget, type ResultLimits } from '../../../src/limits/result-budget.ts';
import { schema } from '../../../src/schema/index.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';
import { globalId, seed, seedNodes } from './seed.ts';

const shared = shareGateway(() => startTestGateway());
const unlimited: ResultLimits = { maxQueryCost: 60_000, maxResponseBytes: 16_000_000 };
const senders = {
  alice: { ...anonymous, userId: 'alice', isAdmin: false },
  bob: { ...anonymous, userId: 'bob', isAdmin: false },
};
type Sender = keyof typeof senders;

let events: RunEvent[] = [];

beforeAll(async () => {
  const { database } = shared().services;
  const agentNodeIds = await seedNodes(database, 1);
  await seed(database, { sessions: 1, turns: 2, toolCalls: 2, agentNodeIds });
  const run = await database.run.findFirstOrThrow();
  const { userMessageId, assistantMessageId, sessionId } = run;
  const usage = { ...noUsage(run), inputTokens: 3, outputTokens: 4, measured: true };
  const facts = { messageId: assistantMessageId, usage };
  const ids = { userMessageId: userMessageId ?? 0, assistantMessageId: assistantMessageId ?? 0 };
  const call = { callId: 'a', name: 'run_command', args: { n: 1 }, nodeId: 'seeded-0' };
  const bodies: RunEventBody[] = [
    { type: 'RunQueued' },
    { type: 'RunStarted', sessionId, ...ids },
    // A message that was deleted.
    { type: 'RunStarted', sessionId, userMessageId: 999_999, assistantMessageId: 999_999 },
    {
      type: 'ToolCallStarted',
      ...call,
      agentNodeId: agentNodeIds[0] ?? null,
      textOffset: 1,
      reasoningOffset: 0,
    },
    { type: 'UsageReported', usage, step: usage },
    { type: 'HistoryGap', fromSeq: 1, toSeq: 2 },
    { type: 'RunCompleted', ...facts, finishReason: 'STOP' },
    { type: 'RunCancelled', ...facts, cancelCause: 'USER' },
    { type: 'RunFailed', ...facts, code: 'INTERNAL', reason: 'Öh “no”', retryAt: null },
    // A number that does not fit into an Int, so that the field fails.
    { type: 'HistoryGap', fromSeq: 2 ** 40, toSeq: 2 },
  ];
  events = bodies.map((body, index) => ({ ...body, seq: index + 1, runId: run.id, at: index }) as RunEvent);
});

/** What may be selected below the fields that have objects. */
const below: Record<string, string[]> = {
  run: ['id', 'status', 'session { id title messages(first: 1) { nodes { content } } }'],
  session: ['id', '__typename', 'nodes { syncStatus node { nodeId } }'],
  userMessage: ['content', 'databaseId', 'toolCalls { callId }'],
  message: ['content', 'emptyReason', 'toolCalls { callId result }', 'run { id }'],
  usage: ['inputTokens', 'totalTokens', 'modelName'],
  step: ['outputTokens', 'measured'],
  node: ['nodeId', 'isOnline'],
  toolCalls: ['callId', 'status'],
};

function selectionOn(name: string): fc.Arbitrary<string> {
  const type = schema.getType(name);
  const names = type && 'getFields' in type ? Object.keys(type.getFields()) : [];
  const field = fc.constantFrom('__typename', ...names).chain((each) => {
    const inner = below[each];
    const selection = inner
      ? fc.subarray(inner, { minLength: 1 }).map((list) => ` { ${list.join(' ')} }`)
      : fc.constant('');
    return fc.tuple(fc.nat(1_000_000), selection).map(([alias, text]) => `_${alias}: ${each}${text}`);
  });
  return fc.array(field, { minLength: 1, maxLength: 5 }).map((list) => list.join(' '));
}

const types = Object.values(schema.getTypeMap())
  .filter((type) => isObjectType(type) && type.getInterfaces().some((each) => each.name === 'RunEvent'))
  .map(({ name }) => name);

/** Selections on several types and on their interfaces, also in a fragment. */
const subscription = fc
  .tuple(
    selectionOn('RunEvent'),
    selectionOn('TerminalRunEvent'),
    fc.tuple(...types.map((type) => selectionOn(type).map((text) => `... on ${type} { ${text} }`))),
  )
  .map(
    ([onEvent, onEnd, onTypes]) =>
      `subscription { runEvents(runId: "${globalId('Run', 1)}") { ${onEvent} ...End ${onTypes.join(' ')} } }
      fragment End on TerminalRunEvent { ${onEnd} }`,
  );

/** Executes a document on each event in both ways. `left` is how often the compiled way left it to graphql-js. */
async function inBothWays(text: string, sender: Sender, limits = unlimited) {
  const otherwise = vi.fn(execute);
  const argsOf = () => {
    const signal = new AbortController().signal;
    const given = { ...shared().services, viewer: senders[sender], agentNode: null, signal };
    const resultBudget = new ResultBudget(limits);
    const contextValue = { ...given, account: undefined, resultBudget } as unknown as Context;
    return { args: { schema, document: parse(text), contextValue } satisfies ExecutionArgs, resultBudget };
  };
  const [ours, theirs] = [argsOf(), argsOf()];
  const executeEvent = compileEventExecution(ours.args, otherwise);
  const results: { compiled: unknown; byGraphQL: unknown }[] = [];
  for (const event of events) {
    const shown = async ({ args, resultBudget }: typeof ours, run: typeof execute) => {
      const { data, errors } = await executeLimited(args, run);
      // Errors are in the order in which the fields fail, which differs between two executions by graphql-js too.
      const sorted = errors?.map((error) => JSON.stringify(error)).sort();
      return { data: JSON.stringify(data), errors: sorted, cost: sorted ? 0 : resultBudget.cost };
    };
    results.push({
      compiled: await shown(ours, () => executeEvent(event)),
      byGraphQL: await shown(theirs, (args) => execute({ ...args, rootValue: event })),
    });
  }
  return { results, left: otherwise.mock.calls.length };
}

test('a compiled selection has the results of graphql-js on every run event, and their cost, for every sender', async () => {
  let compiled = 0;
  const sender = fc.constantFrom<Sender>('alice', 'bob');
  await fc.assert(
    fc.asyncProperty(subscription, sender, async (text, who) => {
      fc.pre(validate(schema, parse(text), specifiedRules).length === 0);
      const { results, left } = await inBothWays(text, who);
      for (const result of results) expect(result.compiled).toEqual(result.byGraphQL);
      compiled += events.length - left;
    }),
    { numRuns: 60 },
  );
  expect(compiled).toBeGreaterThan(300);
});

test('a compiled selection is refused where graphql-js refuses its result as too large', async () => {
  await fc.assert(
    fc.asyncProperty(subscription, fc.nat(12), async (text, maxQueryCost) => {
      fc.pre(validate(schema, parse(text), specifiedRules).length === 0);
      const { results } = await inBothWays(text, 'alice', { ...unlimited, maxQueryCost });
      for (const result of results) expect(result.compiled).toEqual(result.byGraphQL);
    }),
    { numRuns: 30 },
  );
});

test('a directive is left to graphql-js', async () => {
  const text = `subscription { runEvents(runId: "${globalId('Run', 1)}") { seq @include(if: true) } }`;
  const { results, left } = await inBothWays(text, 'alice');
  for (const result of results) expect(result.compiled).toEqual(result.byGraphQL);
  expect(left).toBe(events.length);
});
