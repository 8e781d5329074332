import { Readable } from 'node:stream';
import fc from 'fast-check';
import {
  execute,
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isAbstractType,
  isObjectType,
  NoUnusedVariablesRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { beforeAll, expect, test, vi } from 'vitest';
import type { Context } from '../../../src/context.ts';
import { executeLimited } from '../../../src/http/graphql/budget/execute-within-budget.ts';
import { createCompiledExecute } from '../../../src/http/graphql/compiled/execute-compiled.ts';
import { anonymous, type Viewer } from '../../../src/identity/viewer.ts';
import { ResultBudget, type ResultLimits } from '../../../src/limits/result-budget.ts';
import { schema } from '../../../src/schema/index.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';
import { globalId, seed, seedNodes } from './seed.ts';

const shared = shareGateway(() => startTestGateway());

const unlimited: ResultLimits = { maxQueryCost: 60_000, maxResponseBytes: 16_000_000 };
const senders = {
  alice: { viewer: user('alice'), agentNode: null },
  bob: { viewer: user('bob'), agentNode: null },
  admin: { viewer: { ...user('root'), isAdmin: true }, agentNode: null },
  node: { viewer: null, agentNode: { userId: 'alice', nodeId: 'seeded-0' } },
};
type Sender = keyof typeof senders;

function user(userId: string): Viewer {
  return { ...anonymous, userId, isAdmin: false };
}

/** The values of the arguments, by their names. Some are wrong, so that some fields fail. */
let values: Record<string, string[]> = {};
let session = 0;

beforeAll(async () => {
  const { database } = shared().services;
  const agentNodeIds = await seedNodes(database, 2);
  [session = 0] = await seed(database, { sessions: 2, turns: 3, toolCalls: 2, models: 2, agentNodeIds });
  await seed(database, { sessions: 2, userId: 'bob', turns: 1 });
  const settings = { temperature: 0.5, responseSchema: { type: 'object', title: 'Ö' } };
  await database.session.update({
    where: { id: session },
    data: { settings, title: `"Ü" 🚂 ${'x'.repeat(300)}` },
  });
  await database.workspace.create({
    data: { sessionId: session, workspaceId: '6f1c2e0a-52f7-4c0e-9a43-0d9b8f3f2c11', isShared: true },
  });
  const { workspaces } = shared().services;
  for (const path of ['a.txt', 'docs/b.txt', 'docs/ü.txt']) {
    await workspaces.write({ sessionId: session, path, source: Readable.from([Buffer.from(path)]) });
  }
  await database.workspaceConflict.create({
    data: { sessionId: session, path: 'a.txt', keptPath: 'docs/b.txt' },
  });
  await database.sessionNode.updateMany({ data: { syncStatus: 'SYNCING', filesTotal: 3, bytesTotal: 9 } });
  const [message, run] = [await database.message.findFirstOrThrow(), await database.run.findFirstOrThrow()];
  await database.messageAudio.create({
    data: { messageId: message.id, sha256: 'ab', mimeType: 'audio/ogg', size: 1 },
  });
  values = {
    id: ['$id', '$id', `"${globalId('Session', session)}"`, `"${globalId('Run', run.id)}"`, '"!"'],
    databaseId: ['$number', String(session), '999999'],
    nodeId: ['"seeded-0"', '"nowhere"'],
    userId: ['null', '"alice"', '"bob"'],
    first: ['1', '2', '$count', '1000'],
    last: ['null', 'null', '2'],
    after: ['null', '""', '"!"'],
    upTo: ['2', '100'],
    search: ['null', '"Chat"'],
    path: ['"docs/b.txt"', '"nowhere"', '"../up"'],
    under: ['null', '"docs"'],
    folder: ['null', '"docs"', '"a.txt"'],
  };
});

/** Few documents use all variables. */
const rules = specifiedRules.filter((rule) => rule !== NoUnusedVariablesRule);

type Field = GraphQLField<unknown, unknown>;

/** A field with random arguments, an alias, and a random selection below it. */
function fieldOn(field: Field, depth: number): fc.Arbitrary<string> {
  const type = getNamedType(field.type);
  const given = field.args.map(({ name, type: argType }) => {
    const isRequired = String(argType).endsWith('!');
    const value = fc.constantFrom(...(values[name] ?? ['null']));
    return fc
      .option(value, { nil: isRequired ? (values[name]?.[0] ?? '""') : undefined, freq: 1 })
      .map((chosen) =>
        chosen === undefined || (chosen === 'null' && isRequired) ? '' : `${name}: ${chosen}`,
      );
  });
  const args = fc.tuple(...given).map((texts) => texts.filter(Boolean).join(', '));
  const below = isObjectType(type)
    ? selectionOn(type, depth + 1).map((text) => ` { ${text} }`)
    : fc.constant('');
  return fc
    .tuple(args, fc.nat(1_000_000), below)
    .map(([arg, alias, selection]) => `_${alias}: ${field.name}${arg && `(${arg})`}${selection}`);
}

function selectionOn(type: GraphQLObjectType, depth = 0): fc.Arbitrary<string> {
  const fields = Object.values(type.getFields()).filter((field) => {
    const named = getNamedType(field.type);
    return !isAbstractType(named) && (depth < 4 || !isObjectType(named));
  });
  const typename = fc.constantFrom('__typename', 'kind: __typename');
  const field =
    fields.length > 0 ? fc.constantFrom(...fields).chain((each) => fieldOn(each, depth)) : typename;
  const many = { minLength: 1, maxLength: depth === 0 ? 2 : 5 };
  const plain = fc
    .array(fc.oneof({ weight: 6, arbitrary: field }, typename), many)
    .map((list) => list.join(' '));
  const inFragment = plain.map((selection) => `... on ${type.name} { ${selection} } __typename`);
  return fc.oneof({ weight: 4, arbitrary: plain }, inFragment);
}

const query = () => {
  const root = schema.getQueryType();
  if (!root) throw new Error('There is no query type.');
  return selectionOn(root).map(
    (selection) => `query ($id: ID!, $number: Int!, $count: Int = 2) { ${selection} __typename }`,
  );
};

/** Executes a document in both ways. `left` is how often the compiled way left it to graphql-js. */
async function inBothWays(text: string, sender: Sender, limits = unlimited) {
  const otherwise = vi.fn(execute);
  const document = parse(text);
  const variableValues = { id: globalId('Session', session), number: session };
  const read = async (run: typeof execute) => {
    const resultBudget = new ResultBudget(limits);
    const signal = new AbortController().signal;
    const services = shared().services;
    const contextValue = { ...services, ...senders[sender], signal, account: undefined, resultBudget };
    const args = { schema, document, variableValues, contextValue: contextValue as unknown as Context };
    const result = await executeLimited(args, run);
    // Errors are in the order in which the fields fail, which differs between two executions by graphql-js too.
    const errors = result.errors?.map((error) => JSON.stringify(error)).sort();
    return { data: JSON.stringify(result.data), errors, cost: resultBudget.cost };
  };
  const compiled = await read(createCompiledExecute(otherwise) as typeof execute);
  return { compiled, byGraphQL: await read(execute), left: otherwise.mock.calls.length };
}

/**
 * The data of a result and its different errors, whichever of its fields they are of. The cost is left out, because it has
 * what other fields had cost when the first one failed.
 */
function withoutPlaces({ errors = [], data }: { errors?: string[] | undefined; data: string }) {
  const words = errors.map((error) => ({ ...JSON.parse(error), path: undefined, locations: undefined }));
  return { data, errors: new Set(words.map((error) => JSON.stringify(error))) };
}

test('a compiled query has the result of graphql-js, byte for byte, and its cost, for every sender', async () => {
  let compiled = 0;
  await fc.assert(
    fc.asyncProperty(
      query(),
      fc.constantFrom<Sender>('alice', 'bob', 'admin', 'node'),
      async (text, sender) => {
        fc.pre(validate(schema, parse(text), rules).length === 0);
        const result = await inBothWays(text, sender);
        if (result.byGraphQL.data === 'null') {
          // Of several root fields that fail and may not be null, those are reported that fail first.
          const [compiled, byGraphQL] = [result.compiled, result.byGraphQL].map(withoutPlaces);
          expect(compiled).toEqual(byGraphQL);
        } else {
          expect(result.compiled).toEqual(result.byGraphQL);
        }
        if (result.left === 0) {
          expect(result.byGraphQL.errors).toBeUndefined();
          compiled += 1;
        }
      },
    ),
    { numRuns: 200 },
  );
  expect(compiled).toBeGreaterThan(50);
});

test('a compiled query is refused where graphql-js refuses its result as too large', async () => {
  await fc.assert(
    fc.asyncProperty(query(), fc.nat(40), async (text, maxQueryCost) => {
      fc.pre(validate(schema, parse(text), rules).length === 0);
      const { compiled, byGraphQL } = await inBothWays(text, 'alice', { ...unlimited, maxQueryCost });
      // Without data, only the fields that failed before the first one that may not be null have their errors told.
      if (byGraphQL.data !== 'null') expect({ ...compiled, cost: 0 }).toEqual({ ...byGraphQL, cost: 0 });
      else expect([compiled.data, compiled.errors === undefined]).toEqual(['null', false]);
    }),
    { numRuns: 100 },
  );
});

test.each([
  ['a directive', 'query ($yes: Boolean = true) { viewer { userId @include(if: $yes) } }'],
  ['an interface', `{ node(id: "${globalId('Session', 1)}") { id } }`],
  ['a question about the schema', '{ __schema { queryType { name } } }'],
  [
    'more than 200 fields',
    `{ ${Array.from({ length: 101 }, (_, at) => `_${at}: viewer { userId }`).join(' ')} }`,
  ],
  ['a key that JavaScript treats in its own way', '{ __proto__: viewer { userId } }'],
])('%s is left to graphql-js', async (_what, text) => {
  const { compiled, byGraphQL, left } = await inBothWays(text, 'alice');
  expect(compiled).toEqual(byGraphQL);
  expect(left).toBe(1);
});
