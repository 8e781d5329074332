import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { Services } from '../../../../src/context.ts';
import { createGraphQLServer } from '../../../../src/http/graphql/yoga.ts';
import { anyDocument } from '../../../../src/http/request/find-document.ts';
import { anonymous } from '../../../../src/identity/viewer.ts';

const fault = new Error('the log is gone');

async function* breaking(): AsyncGenerator<never> {
  yield await Promise.reject(fault);
}

/** Yoga with a failing `sessionEvents`, and the lines that it logs. */
function createServer(sessionLog: object) {
  const logged: Record<string, unknown>[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const services = {
    database: { session: { findUnique: async () => ({ id: 1 }), count: async () => 1 } },
    followers: { enter: () => ({ [Symbol.dispose]() {} }) },
    tokenWatcher: { watch: () => undefined },
    sessionLog,
  } as unknown as Services;
  const limits = { maxQueryTokens: 100, maxQueryDepth: 10, maxQueryAliases: 10, maxQueryDirectives: 10 };
  const yoga = createGraphQLServer({
    ...limits,
    ...{ maxQueryCost: 100, maxPageSize: 100, maxBodyBytes: 10_000, maxAudioBytes: 1, introspection: true },
    findDocument: anyDocument,
    services,
    log,
    identify: async () => ({ viewer: anonymous, agentNode: null }),
  } as unknown as Parameters<typeof createGraphQLServer>[0]);
  return { yoga, logged };
}

test.each([
  [
    'at once',
    {
      follow: () => {
        throw fault;
      },
    },
  ],
  ['later', { follow: breaking }],
])('a subscription that fails %s is logged once, with the id of its request', async (_when, sessionLog) => {
  const { yoga, logged } = createServer(sessionLog);
  const query = 'subscription { sessionEvents(sessionId: "U2Vzc2lvbjox") { __typename } }';
  const request = new Request('http://localhost/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query }),
  });
  const response = await yoga.fetch(request, { httpRequestId: 'request-1' });
  expect(await response.text()).toContain('INTERNAL_SERVER_ERROR');
  expect(logged).toMatchObject([{ msg: 'an operation failed', httpRequestId: 'request-1' }]);
});
