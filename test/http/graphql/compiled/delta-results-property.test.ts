import fc from 'fast-check';
import { parse } from 'graphql';
import { expect, test } from 'vitest';
import type { RunEvent } from '../../../../src/chat/log/run-event.ts';
import { executeLimited } from '../../../../src/http/graphql/budget/execute-within-budget.ts';
import { compileDeltaResults } from '../../../../src/http/graphql/compiled/delta-results.ts';
import { ResultBudget, type ResultLimits } from '../../../../src/limits/result-budget.ts';
import { schema } from '../../../../src/schema/index.ts';

const unlimited = { maxQueryCost: Number.POSITIVE_INFINITY, maxResponseBytes: Number.POSITIVE_INFINITY };
const types = ['TextDelta', 'ReasoningDelta', 'ToolOutputDelta'] as const;
const fieldsOf = {
  RunEvent: ['__typename', 'seq', 'runId', 'at'],
  TextDelta: ['__typename', 'seq', 'runId', 'at', 'text'],
  ReasoningDelta: ['__typename', 'seq', 'runId', 'at', 'text'],
  ToolOutputDelta: ['__typename', 'seq', 'runId', 'at', 'text', 'callId'],
  RunStarted: ['__typename', 'seq', 'assistantMessageId', 'run { id status }'],
};
type TypeName = keyof typeof fieldsOf;

const directive = fc.constantFrom(
  ...['', '', '', ' @skip(if: $yes)', ' @skip(if: $no)', ' @include(if: $yes)', ' @include(if: $no)'],
  ...[' @skip(if: false) @include(if: $unset)', ' @include(if: true)'],
);

/** Two fields never share a key, so every document could be valid. */
const fieldOn = (type: TypeName) =>
  fc.tuple(fc.constantFrom(...fieldsOf[type]), fc.nat(2), directive).map(([field, alias, when]) => {
    const [name = '', below = ''] = field.split(/(?= \{)/);
    return `${alias === 0 ? '' : `${name}_${alias}: `}${name}${when}${below}`;
  });

/** @param fragments How many fragments it may spread: those before it, so that none spreads itself. */
function selectionOn(type: TypeName, fragments: number, depth = 0): fc.Arbitrary<string> {
  const inner = fc
    .tuple(fc.constantFrom<TypeName>(type, 'RunEvent', ...types, 'RunStarted'), fc.boolean(), directive)
    .chain(([on, named, when]) =>
      selectionOn(named ? on : type, fragments, depth + 1).map(
        (selection) => `...${named ? ` on ${on}` : ''}${when} { ${selection} }`,
      ),
    );
  const spread = fc
    .tuple(fc.nat(Math.max(0, fragments - 1)), directive)
    .map(([n, when]) => `...F${n}${when}`);
  const items = [fieldOn(type), fieldOn(type)];
  if (depth < 3) items.push(inner, inner);
  if (fragments > 0) items.push(spread);
  return fc.array(fc.oneof(...items), { minLength: 1, maxLength: 5 }).map((list) => list.join(' '));
}

const fragmentOn = (index: number) =>
  fc
    .constantFrom<TypeName>('RunEvent', ...types)
    .chain((type) =>
      selectionOn(type, index).map((selection) => `fragment F${index} on ${type} { ${selection} }`),
    );

const query = fc
  .record({
    field: fc.constantFrom('runEvents(runId: "UnVuOjc=")', 'events: runEvents(runId: "UnVuOjc=")'),
    selections: fc.array(selectionOn('RunEvent', 3), { minLength: 1, maxLength: 2 }),
    wrapped: fc.boolean(),
    fragments: fc.tuple(fragmentOn(0), fragmentOn(1), fragmentOn(2)),
  })
  .map(({ field, selections, wrapped, fragments }) => {
    const fields = selections.map((selection) => `${field} { ${selection} }`).join(' ');
    const root = wrapped ? `... on Subscription { ${fields} }` : fields;
    return `subscription ($yes: Boolean!, $no: Boolean! = false, $unset: Boolean! = true) { ${root} } ${fragments.join(' ')}`;
  });

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('', '"\\\n\u2028\ud800', 'é'.repeat(300), 'x'.repeat(400)),
);
const delta = fc.record({
  type: fc.constantFrom(...types),
  seq: fc.integer({ min: -(2 ** 33), max: 2 ** 33 }),
  runId: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  at: fc.integer({ min: 0, max: 4e12 }),
  text: anyText,
  callId: anyText,
});

/** What graphql-js and the compiled selection make of the event, as JSON; undefined where nothing was compiled. */
async function resultsOf(document: string, event: unknown, limits: ResultLimits = unlimited) {
  const budget = new ResultBudget(limits);
  const args = {
    schema,
    document: parse(document),
    rootValue: event,
    contextValue: { resultBudget: budget },
    variableValues: { yes: true },
  };
  const executed = await executeLimited(args);
  const results = compileDeltaResults(args, budget);
  const compiled = results.of(event);
  const json = results.jsonOf(event);
  expect(json).toBe(compiled && JSON.stringify(compiled));
  return {
    executed: JSON.stringify(executed),
    compiled: json,
    failed: executed.errors !== undefined,
  };
}

test('the compiled selection makes of a delta, byte for byte, what graphql-js makes of it', async () => {
  await fc.assert(
    fc.asyncProperty(query, delta, async (document, event) => {
      const { executed, compiled, failed } = await resultsOf(document, event);
      expect(compiled).toBe(failed ? undefined : executed);
    }),
    { numRuns: 500 },
  );
});

test('a result has a compiled form only if it is within the limits of graphql-js', async () => {
  const limits = fc.record({ maxQueryCost: fc.nat(8), maxResponseBytes: fc.nat(700) });
  await fc.assert(
    fc.asyncProperty(query, delta, limits, async (document, event, limit) => {
      const { executed, compiled, failed } = await resultsOf(document, { ...event, seq: 1 }, limit);
      expect(compiled).toBe(failed ? undefined : executed);
    }),
    { numRuns: 300 },
  );
});

test('other run events, and keys that JavaScript treats in its own way, are left to graphql-js', async () => {
  const event = { type: 'TextDelta', seq: 1, runId: 7, at: 0, text: 'Hello' };
  const started: RunEvent = {
    ...{ type: 'RunStarted', seq: 1, runId: 7, at: 0 },
    ...{ sessionId: 1, userMessageId: 1, assistantMessageId: 2 },
  };
  const ask = (selection: string) => `subscription { runEvents(runId: "UnVuOjc=") { ${selection} } }`;
  expect((await resultsOf(ask('seq'), event)).compiled).toBe('{"data":{"runEvents":{"seq":1}}}');
  expect((await resultsOf(ask('seq'), started)).compiled).toBeUndefined();
  expect(await resultsOf(ask('__proto__: seq'), event)).toMatchObject({
    executed: '{"data":{"runEvents":{"__proto__":1}}}',
    compiled: undefined,
  });
});
