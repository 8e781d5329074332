import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMessage } from '../../support/files/recording.ts';
import type { TemporaryFolder } from '../../support/files/temporary-folder.ts';
import {
  expectNothingStored,
  globalMessageId,
  graphqlForm,
  memo,
  temporaryUploads,
  uploadByGraphQL,
  uploadDocument,
} from '../../support/gateway/audio-upload.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { openMigratedFolder } from '../../support/gateway/migrated-folder.ts';
import { sendRaw } from '../../support/http/raw-http.ts';

const maxBytes = 100_000;
let folder: TemporaryFolder;
let gateway: TestGateway;
let messageId = 0;

beforeAll(async () => {
  folder = await openMigratedFolder();
  const settings = { MAX_AUDIO_BYTES: String(maxBytes), MAX_BODY_BYTES: '10000' };
  gateway = await startTestGateway({ dataDir: folder.path, settings });
  messageId = await createMessage(gateway);
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const boundary = 'boundary-of-alice';
const json = { query: uploadDocument, variables: { messageId: globalMessageId(1), file: null } };
const operations = (operation: unknown) => ({ operations: JSON.stringify(operation) });
const withFile = (parts: { operations?: string; map?: string }) => () => graphqlForm(messageId, memo, parts);

const rows: [what: string, form: () => FormData, status: number, code: string][] = [
  ['operations that are not JSON', withFile({ operations: '{' }), 400, 'BAD_REQUEST'],
  ['several operations', withFile({ ...operations([json]), map: '{}' }), 400, 'BAD_REQUEST'],
  ['operations without a query', withFile(operations({ variables: { file: null } })), 400, 'BAD_REQUEST'],
  [
    'a file for a query',
    withFile({ ...operations({ query: null }), map: '{"0":["query"]}' }),
    400,
    'BAD_REQUEST',
  ],
  [
    'variables that are text',
    withFile({ ...operations({ ...json, variables: 'x' }), map: '{}' }),
    400,
    'BAD_REQUEST',
  ],
  ['a map that is not JSON', withFile({ map: '{' }), 400, 'BAD_REQUEST'],
  ['a map that is a list', withFile({ map: '[]' }), 400, 'BAD_REQUEST'],
  ['a map to an unknown variable', withFile({ map: '{"0":["variables.other"]}' }), 400, 'BAD_REQUEST'],
  ['a map into the prototype', withFile({ map: '{"0":["__proto__.file"]}' }), 400, 'BAD_REQUEST'],
  ['a map of nothing', withFile({ map: '{}' }), 422, 'BAD_USER_INPUT'],
  [
    'an invalid document',
    withFile(operations({ ...json, query: 'mutation ($file: Upload!) { nope(file: $file) }' })),
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  ['no parts', () => new FormData(), 400, 'BAD_REQUEST'],
  ['parts in another order', disordered, 400, 'BAD_REQUEST'],
  [
    'several files',
    withFile({ map: '{"0":["variables.file"],"1":["variables.other"]}' }),
    422,
    'BAD_USER_INPUT',
  ],
  ['no file', () => graphqlForm(messageId, null), 422, 'BAD_USER_INPUT'],
  ['a long operation', withFile(operations({ query: `#${'a'.repeat(10_000)}` })), 413, 'PAYLOAD_TOO_LARGE'],
  [
    'a large file',
    () => graphqlForm(messageId, Buffer.concat([memo, Buffer.alloc(maxBytes)])),
    413,
    'PAYLOAD_TOO_LARGE',
  ],
  ['text', () => graphqlForm(messageId, Buffer.from('Not a sound.')), 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ['an unknown message', () => graphqlForm(999, memo), 404, 'NOT_FOUND'],
];

function disordered(): FormData {
  const form = new FormData();
  form.set('0', new Blob([memo]), 'memo.wav');
  for (const [name, value] of graphqlForm(messageId, null)) form.set(name, value);
  return form;
}

test.each(rows)(
  'an upload with %s is refused and leaves nothing behind',
  async (_what, form, status, code) => {
    const before = await temporaryUploads();
    const refused = await uploadByGraphQL(gateway, form());
    expect([refused.status, refused.json.errors?.map(({ extensions }) => extensions['code'])]).toEqual([
      status,
      [code],
    ]);
    await expectNothingStored(gateway, folder.path);
    await expect.poll(() => temporaryUploads()).toBeLessThanOrEqual(before);
  },
);

describe('the CSRF guard of multipart requests', () => {
  test.each([
    ['without a custom header', {}],
    ['with an empty custom header', { 'apollo-require-preflight': '' }],
  ])('a multipart request %s is refused', async (_what, headers) => {
    const { status, json: answer } = await uploadByGraphQL(gateway, graphqlForm(messageId, memo), headers);
    expect([status, answer]).toEqual([
      403,
      {
        errors: [
          {
            message:
              'A multipart request needs the header apollo-require-preflight or x-graphql-yoga-csrf, with any value.',
            extensions: { code: 'FORBIDDEN' },
          },
        ],
      },
    ]);
    await expectNothingStored(gateway, folder.path);
  });

  test.each(['apollo-require-preflight', 'x-graphql-yoga-csrf'])(
    'a multipart request with the header %s is accepted',
    async (name) => {
      const { status, json: answer } = await uploadByGraphQL(gateway, graphqlForm(messageId, memo), {
        [name]: '1',
      });
      expect([status, answer.errors]).toEqual([200, undefined]);
      await gateway.graphql('mutation ($id: ID!) { deleteMessageAudio(messageId: $id) { id } }', {
        id: globalMessageId(messageId),
      });
    },
  );
});

const head = [
  'POST /graphql HTTP/1.1',
  'Host: localhost',
  'Apollo-Require-Preflight: yes',
  `Content-Type: multipart/form-data; boundary=${boundary}`,
].join('\r\n');

function part(name: string, content: string): Buffer {
  return Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"${content}\r\n`);
}

/** The parts before the bytes of the file. */
function startOf(id: number): Buffer {
  const variables = { messageId: globalMessageId(id), file: null };
  return Buffer.concat([
    part('operations', `\r\n\r\n${JSON.stringify({ query: uploadDocument, variables })}`),
    part('map', '\r\n\r\n{"0":["variables.file"]}'),
  ]);
}

const end = Buffer.from(`\r\n--${boundary}--\r\n`);
const filePart = part('0', '; filename="memo.wav"\r\n');

test.each([
  [
    'a file behind its end',
    () => Buffer.concat([startOf(messageId), end, end, filePart, memo, Buffer.alloc(80_000), end]),
  ],
  ['a file that breaks off', () => Buffer.concat([startOf(messageId), filePart, memo])],
  ['an end in the middle', () => startOf(messageId)],
])('a form with %s is refused and leaves nothing behind', async (_what, body) => {
  const before = await temporaryUploads();
  const bytes = body();
  const headers = `${head}\r\nConnection: close\r\nContent-Length: ${bytes.length}\r\n\r\n`;
  const answer = await sendRaw(gateway.url, Buffer.concat([Buffer.from(headers), bytes]));
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain('"code":"BAD_REQUEST"');
  await expectNothingStored(gateway, folder.path);
  await expect.poll(() => temporaryUploads()).toBeLessThanOrEqual(before);
});

describe('a body that is too large', () => {
  test('a body whose Content-Length is too large is refused before its bytes arrive', async () => {
    const answer = await sendRaw(gateway.url, `${head}\r\nContent-Length: 9000000000\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toMatch(/^connection: close\r$/im);
  });

  test('a body that grows too large is refused before its end, and the connection is closed', async () => {
    const chunk = Buffer.concat([startOf(messageId), filePart, memo, Buffer.alloc(maxBytes)]);
    const size = `${chunk.length.toString(16)}\r\n`;
    const request = [
      Buffer.from(`${head}\r\nTransfer-Encoding: chunked\r\n\r\n${size}`),
      chunk,
      Buffer.from('\r\n'),
    ];
    const answer = await sendRaw(gateway.url, Buffer.concat(request));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toMatch(/^connection: close\r$/im);
    expect(answer).toContain('"code":"PAYLOAD_TOO_LARGE"');
    await expectNothingStored(gateway, folder.path);
  });
});

test('a file in a JSON request is refused', async () => {
  const { errors } = await gateway.graphql(uploadDocument, {
    messageId: globalMessageId(messageId),
    file: 'memo.wav',
  });
  expect(errors?.[0]?.extensions['code']).toBe('BAD_USER_INPUT');
});
