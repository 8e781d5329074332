import { readdirSync, readFileSync } from 'node:fs';
import { parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../../../src/config/config.ts';
import { maxCostRule } from '../../../../src/http/graphql/plugins/use-max-cost.ts';
import { firstQuery, graphiqlOptions } from '../../../../src/http/pages/graphiql.ts';
import { schema } from '../../../../src/schema/index.ts';

const defaults = readConfig({}).limits;

/** The settings that a document exceeds. */
function exceeded(document: string, limits: Partial<typeof defaults> = {}): unknown[] {
  return validate(schema, parse(document), [maxCostRule({ ...defaults, ...limits })]).map(
    ({ extensions }) => extensions['limit'],
  );
}

/** Whether a query costs exactly so much. */
function costs(document: string, cost: number): boolean {
  const isWithin = (maxQueryCost: number) => exceeded(document, { maxQueryCost }).length === 0;
  return isWithin(cost) && !isWithin(cost - 1);
}

describe('the cost of a query', () => {
  test('a field costs 1, an object that is loaded costs 3 more, and a long text costs 1 more', () => {
    expect(costs('{ viewer { userId } }', 2)).toBe(true);
    expect(costs('{ session(id: "") { title } }', 5)).toBe(true);
    expect(costs('{ session(id: "") { systemPrompt } }', 6)).toBe(true);
  });

  test('a page multiplies the cost of its items, and a cycle of pages multiplies it again', () => {
    const page = (inner: string) => `messages(first: 10) { edges { node { ${inner} } } }`;
    const ids = `{ session(id: "") { ${page('id')} } }`;
    const again = `{ session(id: "") { ${page(`session { ${page('id')} }`)} } }`;
    const onePage = 4 + 1 + 10 * (4 + 1);
    expect(costs(ids, 4 + onePage)).toBe(true);
    expect(costs(again, 4 + 4 + 1 + 10 * (4 + 4 + onePage))).toBe(true);
  });

  test.each([
    ['the nodes of a session', '{ session(id: "") { nodes { error } } }', 4 + 1 + 100],
    ['the models of the gateway', '{ models { modelName } }', 1 + 100],
    ['the tool calls of a message', '{ node(id: "") { ... on Message { toolCalls { name } } } }', 1 + 1 + 40],
    ['a long key', `{ ${'a'.repeat(640)}: __typename }`, 1 + 10],
  ])('%s counts with its size', (_what, document, cost) => {
    expect(costs(document, cost)).toBe(true);
  });

  test('a subscription that selects a whole history is refused, and the same query is not', () => {
    const history =
      'session { messages(first: 100) { edges { node { content role status createdAt id } } } nodes { node { nodeId displayName } } }';
    const subscription = `subscription { sessionEvents(sessionId: "") { ${['HistoryCleared', 'SessionUpdated'].map((type) => `... on ${type} { ${history} }`).join(' ')} ... on RunStarted { run { ${history} } } ... on RunEnded { run { ${history} } } } }`;
    expect(exceeded(subscription)).toEqual(['MAX_SUBSCRIPTION_COST']);
    expect(exceeded(`{ run(id: "") { ${history} } }`)).toEqual([]);
  });
});

describe('a query without page sizes', () => {
  const page = (field: string, inner: string) => `${field} { edges { node { ${inner} } } }`;
  const calls = 'toolCalls { callId name args status result nodeId }';

  test.each([
    ['sessions and messages', page('sessions', `title ${page('messages', 'content')}`)],
    ['sessions, messages and tool calls', page('sessions', `title ${page('messages', `content ${calls}`)}`)],
    [
      'messages of the session of each message',
      page('sessions', page('messages', `session { ${page('messages', 'id')} }`)),
    ],
  ])('a query for %s is allowed', (_what, query) => {
    expect(exceeded(`{ ${query} }`)).toEqual([]);
  });

  test('a cycle of four pages is refused', () => {
    const cycle = `session { ${page('messages', `session { ${page('messages', 'id')} }`)} }`;
    expect(exceeded(`{ ${page('sessions', page('messages', cycle))} }`)).toEqual(['MAX_QUERY_COST']);
  });
});

describe('the root fields of a mutation', () => {
  const changes = (count: number) =>
    Array.from({ length: count }, (_, index) => `m${index}: createSession(input: {}) { id }`).join(' ');

  test('a mutation with 10 root fields is allowed, and one with 11 is refused', () => {
    expect(exceeded(`mutation { ${changes(10)} }`)).toEqual([]);
    expect(exceeded(`mutation { ${changes(11)} }`)).toEqual(['MAX_MUTATION_FIELDS']);
  });

  test('root fields in fragments count', () => {
    const inFragment = `mutation { ...All } fragment All on Mutation { ... { ${changes(11)} } }`;
    expect(exceeded(inFragment)).toEqual(['MAX_MUTATION_FIELDS']);
  });

  test('each root field of a mutation costs 100 more', () => {
    expect(costs('mutation { deleteSession(id: "") { databaseId } }', 1 + 100 + 1)).toBe(true);
  });
});

describe('the default limits', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.graphql'),
  );

  test.each(files)('every document in src/%s is within the default limits', (file) => {
    expect(exceeded(readFileSync(`src/${file}`, 'utf8'))).toEqual([]);
  });

  test('the example operations of GraphiQL are within the default limits', () => {
    const examples = [firstQuery, ...(graphiqlOptions.defaultTabs ?? []).map(({ query }) => query ?? '')];
    expect(examples.length).toBeGreaterThan(3);
    for (const example of examples) expect(exceeded(example)).toEqual([]);
  });

  test('the GraphQL examples of the README are within the default limits', () => {
    const readme = readFileSync('README.md', 'utf8');
    const examples = [...readme.matchAll(/"query"\s*:\s*"((?:[^"\\]|\\.)*)"/g)].map(([, text]) => text ?? '');
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(exceeded(JSON.parse(`"${example}"`))).toEqual([]);
  });
});
