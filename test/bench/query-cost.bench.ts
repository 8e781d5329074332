import { globalId, seed, seedNodes } from '../gateway/schema/seed.ts';
import { startTestGateway, type TestGateway } from '../support/gateway/gateway.ts';

// How much processor time and memory the most expensive documents under the default limits take.
// Run it with `npx tsx test/bench/query-cost.bench.ts`, or with a part of a name to run only some. With
// `node --expose-gc --import tsx` in place of `npx tsx`, the memory of a document has no garbage of those before it.

const [only = ''] = process.argv.slice(2);

await using gateway: TestGateway = await startTestGateway();
const { database } = gateway.services;
const agentNodeIds = await seedNodes(database, 30);
const prompted = await seed(database, { sessions: 100, userId: 'prompted' });
await database.session.updateMany({
  where: { id: { in: prompted } },
  data: { systemPrompt: 'z'.repeat(100_000) },
});
const [large = 0] = await seed(database, { sessions: 1, turns: 60 });
await database.message.updateMany({ where: { sessionId: large }, data: { content: 'x'.repeat(150_000) } });
const [huge = 0] = await seed(database, { sessions: 1, turns: 60 });
await database.message.updateMany({
  where: { sessionId: huge },
  data: { content: 'x'.repeat(262_144), reasoning: 'y'.repeat(1_000_000) },
});

const sessions = await seed(database, {
  sessions: 110,
  turns: 60,
  toolCalls: 3,
  models: 3,
  agentNodeIds: agentNodeIds.slice(0, 10),
});
const session = globalId('Session', sessions[0] ?? 0);
const ids = JSON.stringify(sessions.slice(0, 100).map((id) => globalId('Session', id)));
const hugeMessages = await database.message.findMany({
  where: { sessionId: huge },
  take: 100,
  select: { id: true },
});
const messageIds = hugeMessages.map(({ id }) => globalId('Message', id));
const every = (n: number, make: (i: number) => string) =>
  Array.from({ length: n }, (_, i) => make(i)).join(' ');
const page = (inner: string, size = '') => `messages${size} { edges { node { ${inner} } } }`;

const columns = 'id databaseId role status content reasoning tokenCount createdAt';

const documents: Record<string, string> = {
  natural2: `{ sessions { edges { node { title ${page('content')} } } } }`,
  natural3: `{ sessions { edges { node { title ${page('content toolCalls { callId name args status result nodeId }')} } } } }`,
  natural4: `{ sessions { edges { node { id title ${page(`id content session { title ${page('content')} }`)} } } } }`,
  cycle: `{ sessions(first: 20) { edges { node { ${page(`session { ${page('id', '(first: 20)')} }`, '(first: 20)')} } } } }`,
  oneSession: `{ session(id: "${session}") { ${page('session { lastMessage { session { lastMessage { session { lastMessage { session { lastMessage { id } } } } } } } }', '(first: 100)')} } }`,
  run: `{ sessions(first: 100) { edges { node { ${page('run { id session { id } userMessage { id } assistantMessage { id } }', '(first: 15)')} } } } }`,
  columns: `{ sessions(first: 90) { edges { node { ${page('id databaseId role status content reasoning tokenCount createdAt', '(first: 45)')} } } } }`,
  lastMessages: `{ sessions(first: 100) { edges { node { ${every(30, (i) => `a${i}: lastMessage { session { id } run { id } toolCalls { name } }`)} } } } }`,
  nodes: `{ nodes(ids: ${ids}) { ... on Session { ${page('id role', '(first: 90)')} } } }`,
  node100: `{ ${every(30, (i) => `a${i}: nodes(ids: ${ids}) { id }`)} }`,
  sessions30: `{ ${every(30, (i) => `a${i}: sessions(first: 100) { edges { cursor node { id title createdAt } } }`)} }`,
  pages30: `{ session(id: "${session}") { ${every(30, (i) => `a${i}: messages(first: 100) { edges { node { id content role status } } }`)} } }`,
  usage: `{ sessions(first: 100) { edges { node { tokenUsage { totalTokens byModel { totalTokens } } nodes { node { nodeId displayName capabilities } } workspace { id } } } } }`,
  large: `{ session(id: "${globalId('Session', large)}") { messages(first: 100) { edges { node { content } } } } }`,
  huge: `{ session(id: "${globalId('Session', huge)}") { messages(first: 100) { edges { node { content } } } } }`,
  hugeIds: `{ session(id: "${globalId('Session', huge)}") { messages(first: 100) { edges { node { id } } } } }`,
  hugeNodes: `query ($ids: [ID!]!) { ${every(30, (i) => `a${i}: nodes(ids: $ids) { id }`)} }`,
  hugeRuns: `{ session(id: "${globalId('Session', huge)}") { messages(first: 100) { edges { node { run { userMessage { id } assistantMessage { id } } } } } } }`,
  prompts: `{ ${every(30, (i) => `a${i}: sessions(first: 100, userId: "prompted") { edges { node { id } } }`)} }`,
  tree: `{ sessions { edges { node { id databaseId title createdAt ${page(`${columns} toolCalls { callId name args status nodeId result errorCode exitCode stopped durationMs }`)} } } } }`,
  treeRuns: `{ sessions { edges { node { ${page(`${columns} toolCalls { name args } run { id status usage { totalTokens } }`)} } } } }`,
  treeSessions: `{ sessions { edges { node { ${page(`session { ${page(columns, '(first: 4)')} }`)} } } } }`,
  treeUsage: `{ sessions(first: 100) { edges { node { tokenUsage { totalTokens byModel { modelName totalTokens } } activeRun { id } lastMessage { content toolCalls { name } run { id } } ${page('id content')} } } } }`,
  models: `{ ${every(30, (i) => `a${i}: models { providerName modelName contextLimit }`)} }`,
  introspection: `{ __schema { types { name description fields(includeDeprecated: true) { name description args { name description type { name kind ofType { name ofType { name ofType { name } } } } } type { name kind ofType { name ofType { name ofType { name } } } } } inputFields { name description type { name } } interfaces { name } enumValues { name description } possibleTypes { name } } } }`,
  introspection30: `{ ${every(30, (i) => `a${i}: __schema { types { name description fields(includeDeprecated: true) { name description args { name description type { name kind ofType { name } } } type { name kind ofType { name } } } } }`)} }`,
  unknown: `{ ${every(1990, (i) => `a${i}`)} }`,
  sameField: `{ session(id: "${session}") { ${'id title '.repeat(900)} } }`,
  sameFieldDeep: `{ session(id: "${session}") { ${'messages { edges { node { id } } } '.repeat(150)} } }`,
  includes: `query (${every(40, (i) => `$v${i}: Boolean = true`)}) { session(id: "${session}") { ${every(48, (i) => `title @include(if: $v${i % 40})`)} } }`,
  fragments: `{ session(id: "${session}") { ...F0 } } ${every(11, (i) => `fragment F${i} on Session { lastMessage { session { ...F${i + 1} ...F${i + 1} ...F${i + 1} } } }`)} fragment F11 on Session { id }`,
  overlap: `{ session(id: "${session}") { ${every(160, (i) => `...F${i}`)} } } ${every(160, (i) => `fragment F${i} on Session { title ...F${(i + 1) % 160 || 159} }`).slice(0, 0)} ${every(160, (i) => `fragment F${i} on Session { id title }`)}`,
  search: `{ ${every(30, (i) => `a${i}: sessions(first: 1, search: "zzzz") { edges { cursor } }`)} }`,
};

const ask = async (query: string) => {
  const variables = query.includes('$ids') ? { ids: messageIds } : {};
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  return {
    status: response.status,
    bytes: text.length,
    error: /"errors":\[\{"message":"([^"]{0,110})/.exec(text)?.[1] ?? '',
  };
};
await ask('{ sessions { edges { node { id } } } }');
for (const [name, query] of Object.entries(documents)) {
  if (!name.includes(only)) continue;
  let cpuMs = Infinity;
  let peak = 0;
  let answer = await ask('{__typename}');
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  for (let round = 0; round < 3; round += 1) {
    const cpu = process.cpuUsage();
    answer = await ask(query);
    const { user, system } = process.cpuUsage(cpu);
    cpuMs = Math.min(cpuMs, (user + system) / 1_000);
    peak = Math.max(peak, process.memoryUsage().rss);
  }
  const figures = [
    `${name}: ${Math.round(cpuMs)} ms`,
    `${Math.round((peak - before) / 1e6)} MB`,
    answer.status,
    `${answer.bytes} bytes`,
  ];
  process.stdout.write(`${figures.join(', ')} ${answer.error}\n`);
}
