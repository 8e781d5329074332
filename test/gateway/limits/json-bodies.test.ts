import { beforeAll, describe, expect, test } from 'vitest';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { longestTurn, measured } from '../../support/gateway/longest-turn.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';
import { openWorkspace } from '../../support/workspace/replica-client.ts';

const shared = shareGateway(() => startTestGateway());

/** Bodies that take a few bytes for each thing that is made of them. */
const bodies: [what: string, body: (bytes: number) => string][] = [
  ['lists in each other', (bytes) => `{"a":${'['.repeat(bytes / 2)}${']'.repeat(bytes / 2)}}`],
  ['empty lists', (bytes) => `{"a":[${'[],'.repeat(bytes / 3)}0]}`],
  ['empty objects', (bytes) => `{"a":[${'{},'.repeat(bytes / 3)}0]}`],
  ['numbers', (bytes) => `{"a":[${'1,'.repeat(bytes / 2)}0]}`],
  ['fields', (bytes) => `{${Array.from({ length: bytes / 20 }, (_, at) => `"field-${at}":0`).join(',')}}`],
];

let agent: { path: string; headers: Record<string, string> };
beforeAll(async () => {
  const { id, tokens } = await openWorkspace(shared());
  agent = { path: `/workspaces/${id}`, headers: { authorization: `Bearer ${tokens[0]}` } };
});

const apiBytes = 2_000_000;
const doors: [door: string, path: () => string, bytes: number][] = [
  ['/graphql', () => '/graphql', apiBytes],
  ['/graphql/stream', () => '/graphql/stream', apiBytes],
  ['a new session over REST', () => '/api/v1/sessions/', apiBytes],
  ['a prompt over REST', () => '/api/v1/sessions/1/chat', apiBytes],
  ['changes of an agent', () => `${agent.path}/changes`, 8_000_000],
  ['chunks that an agent asks for', () => `${agent.path}/missing`, 8_000_000],
  ['a report of an agent', () => `${agent.path}/report`, 8_000_000],
];

describe.each(doors)('%s', (door, path, bytes) => {
  test.each(bodies)(
    `${door} refuses %s before they are parsed, in a short time`,
    measured,
    async (_what, write) => {
      const body = Buffer.from(write(bytes));
      const headers = {
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        ...(path().startsWith('/workspaces') && agent.headers),
      };
      let answer: { status: number; text: string } | undefined;
      const turnMs = await longestTurn(async () => {
        const response = await fetch(`${shared().url}${path()}`, { method: 'POST', headers, body });
        answer = { status: response.status, text: await response.text() };
      });
      expect(answer).toEqual({
        status: 413,
        text: expect.stringMatching(
          /must not have more than 20000 objects, lists and fields, and \d+ commas/,
        ),
      });
      // To parse it took up to half a second, and up to five seconds for an agent. The test sends it in the same process.
      expect(turnMs).toBeLessThan(door.includes('agent') ? 200 : 100);
    },
  );
});

test('a body of 20,000 fields and as much text as is allowed is read', async () => {
  const fields = Array.from({ length: 9_000 }, (_, at) => `"field-${at}":""`);
  const body = `{"title":"Mine","more":"${'x'.repeat(1_500_000)}",${fields}}`;
  const headers = { 'content-type': 'application/json' };
  const response = await shared().rest('/sessions/', { method: 'POST', headers, body });
  expect([response.status, JSON.parse(await response.text()).title]).toEqual([200, 'Mine']);
});

test.each([
  ['comments', `${'#\n'.repeat(500_000)}{ __typename }`],
  ['empty lines', `${'\r'.repeat(500_000)}{ __typename }`],
  ['lines of a text', `{ session(id: """${'\n'.repeat(1_000_000)}""") { id } }`],
])('a document with countless %s is refused before it is parsed', measured, async (_what, query) => {
  let answer: unknown;
  const turnMs = await longestTurn(async () => {
    answer = await shared().graphql(query);
  });
  expect(answer).toMatchObject({
    errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX', limit: 'MAX_QUERY_TOKENS' } }],
  });
  expect(turnMs).toBeLessThan(100);
});

const dialects: [path: string, of: (output: string) => string][] = [
  [
    '/ai-sdk/chat',
    (output) =>
      `{"id":"a","messages":[{"id":"1","role":"user","parts":[{"type":"text","text":"Hi"}]},{"id":"2","role":"assistant","parts":[{"type":"tool-f","toolCallId":"3","state":"output-available","output":${output}}]},{"id":"4","role":"user","parts":[{"type":"text","text":"Hi"}]}]}`,
  ],
  ['/v1/responses', (output) => `{"model":"demo/demo-1","input":"Hi","metadata":${output}}`],
  ['/ag-ui', (output) => `{"threadId":"a","runId":"b","messages":[],"state":${output}}`],
];

test.each(dialects)(
  '%s refuses JSON that is nested so deep that it cannot be written again',
  async (path, of) => {
    const body = of('['.repeat(9_000) + ']'.repeat(9_000));
    const response = await fetch(`${shared().url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect([response.status, await response.json()]).toMatchObject([
      413,
      { error: { message: expect.stringContaining('and 500 levels'), code: 'payload_too_large' } },
    ]);
  },
);

test('a file of 900,000 line breaks is refused at once', async () => {
  const url = `data:image/png;base64,${'\n'.repeat(900_000)}!`;
  const message = { role: 'user', content: [{ type: 'image_url', image_url: { url } }] };
  const response = await fetch(`${shared().url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'demo/demo-1', messages: [message] }),
  });
  expect([response.status, await response.json()]).toMatchObject([
    400,
    { error: { message: expect.stringContaining('expected bytes in base64') } },
  ]);
});
