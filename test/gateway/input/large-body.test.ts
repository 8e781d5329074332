import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMessage } from '../../support/files/recording.ts';
import type { TemporaryFolder } from '../../support/files/temporary-folder.ts';
import { wavHeader } from '../../support/files/wav.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { openMigratedFolder } from '../../support/gateway/migrated-folder.ts';

/** Far more than the buffers of a connection hold, so that a client still sends when it is refused. */
const bytes = 12_000_000;

let folder: TemporaryFolder;
let gateway: TestGateway;
let limited: TestGateway;
beforeAll(async () => {
  folder = await openMigratedFolder();
  const settings = { MAX_AUDIO_BYTES: '3000000', MAX_BODY_BYTES: '1000000' };
  gateway = await startTestGateway({ dataDir: folder.path, settings });
  expect(await createMessage(gateway)).toBe(1);
  limited = await startTestGateway({ settings: { MAX_REQUESTS_PER_MINUTE: '1' } });
  await fetch(`${limited.url}/graphql?query={__typename}`);
});
afterAll(async () => {
  await limited[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

interface LargeRequest {
  path: string;
  method?: string;
  headers: Record<string, string>;
  body?: Buffer;
  /** Default: the gateway without a limit on requests. */
  of?: () => TestGateway;
}

const json = { 'content-type': 'application/json' };
const form = { 'content-type': 'multipart/form-data; boundary=b', 'apollo-require-preflight': '1' };
const large = Buffer.alloc(bytes, ' ');
const recording = Buffer.concat([wavHeader(bytes), large]);

/** A form with one part for each entry: a file if its value is bytes. */
function formOf(parts: Record<string, string | Buffer>): Buffer {
  const written = Object.entries(parts).flatMap(([name, value]) => {
    const filename = typeof value === 'string' ? '' : '; filename="a.wav"';
    const head = `--b\r\nContent-Disposition: form-data; name="${name}"${filename}\r\n\r\n`;
    return [Buffer.from(head), Buffer.from(value), Buffer.from('\r\n')];
  });
  return Buffer.concat([...written, Buffer.from('--b--\r\n')]);
}

const file = Buffer.alloc(2_900_000, 1);
const operations = JSON.stringify({
  query:
    'mutation ($file: Upload!) { uploadMessageAudio(messageId: "TWVzc2FnZTo5OQ==", file: $file) { id } }',
  variables: { file: null },
});
/** Two of them fit into a form. */
const half = file.subarray(0, 2_400_000);
const map = '{"a":["variables.file"]}';

const refused: [what: string, status: number, sent: LargeRequest][] = [
  ['a query that is too large', 413, { path: '/graphql', headers: json }],
  [
    'a subscription that is too large',
    413,
    { path: '/graphql/stream', headers: { ...json, accept: 'text/event-stream' } },
  ],
  ['a session that is too large', 413, { path: '/api/v1/sessions/', headers: json }],
  [
    'a compressed session',
    415,
    { path: '/api/v1/sessions/', headers: { ...json, 'content-encoding': 'br' } },
  ],
  ['a query that is text', 415, { path: '/graphql', headers: { 'content-type': 'text/plain' } }],
  ['an unknown path', 404, { path: '/api/v1/nowhere', headers: json }],
  ['a method that the path does not have', 405, { path: '/graphql', method: 'PUT', headers: json }],
  ['a page of another origin', 403, { path: '/graphql', headers: { ...json, origin: 'https://a.example' } }],
  ['an unknown token', 401, { path: '/graphql', headers: { ...json, authorization: 'Bearer swn_x' } }],
  ['a request too many', 429, { path: '/graphql', headers: json, of: () => limited }],
  [
    'a recording that is too large',
    413,
    { path: '/api/v1/sessions/messages/1/audio', headers: form, body: formOf({ file: recording }) },
  ],
  [
    'a recording of an unknown message',
    404,
    { path: '/api/v1/sessions/messages/99/audio', headers: form, body: formOf({ file }) },
  ],
  [
    'a second recording',
    422,
    {
      path: '/graphql',
      headers: form,
      body: formOf({ operations, map: '{"a":["variables.file"],"b":["variables.file"]}', a: half, b: half }),
    },
  ],
  [
    'a form for an invalid document',
    400,
    {
      path: '/graphql',
      headers: form,
      body: formOf({ operations: '{"query":"{ nope }","variables":{"file":null}}', map, a: file }),
    },
  ],
  [
    'a form without a preflight header',
    403,
    {
      path: '/graphql',
      headers: { 'content-type': form['content-type'] },
      body: formOf({ operations, map, a: file }),
    },
  ],
];

/** Each returns the status that the client reports, or throws what it reports instead. */
const clients: Record<string, (url: string, sent: LargeRequest) => Promise<number>> = {
  async fetch(url, { method = 'POST', headers, body = large }) {
    const response = await fetch(url, { method, headers, body: new Uint8Array(body) });
    await response.text();
    return response.status;
  },
  'node:http': (url, { method = 'POST', headers, body = large }) =>
    askByHttp(url, { method, headers: { ...headers, 'content-length': body.length } }, body),
  'node:http in chunks': (url, { method = 'POST', headers, body = large }) =>
    askByHttp(url, { method, headers }, body),
  async curl(url, { method = 'POST', headers, body = large }) {
    const path = join(folder.path, 'body');
    await writeFile(path, body);
    const lines = Object.entries({ ...headers, expect: '' }).flatMap(([name, value]) => [
      '-H',
      `${name}: ${value}`,
    ]);
    const output = ['-s', '-S', '-o', join(folder.path, 'answer'), '-w', '%{http_code}'];
    const command = [...output, '-X', method, ...lines, '--data-binary', `@${path}`, url];
    const { stdout } = await promisify(execFile)('curl', command);
    return Number(stdout);
  },
};

/** Sends everything before it reads, as most clients do, and needs the connection for nothing else. */
async function askByHttp(url: string, options: object, body: Buffer): Promise<number> {
  const request = httpRequest(url, { ...options, agent: false });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  for (let at = 0; at < body.length; at += 65_536) request.write(body.subarray(at, at + 65_536));
  request.end();
  const [response] = await answered;
  await readText(response);
  return response.statusCode ?? 0;
}

describe.each(refused)('%s', (what, status, sent) => {
  test.each(Object.keys(clients))(`${what} in a large body is told to %s as ${status}`, async (client) => {
    const { url } = (sent.of ?? (() => gateway))();
    expect(await clients[client]?.(url + sent.path, sent)).toBe(status);
  });
});

test('what follows a refused body on its connection is not executed', async () => {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  const answer = readText(socket);
  const before = await gateway.services.database.session.count();
  const host = new URL(gateway.url).host;
  const create = `POST /api/v1/sessions/ HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n`;
  socket.write(
    `${create}Content-Length: 2000000\r\n\r\n${' '.repeat(2_000_000)}${create}Content-Length: 2\r\n\r\n{}`,
  );
  expect((await answer).match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 413']);
  expect(await gateway.services.database.session.count()).toBe(before);
});
