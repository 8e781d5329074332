import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMessage } from '../../support/files/recording.ts';
import type { TemporaryFolder } from '../../support/files/temporary-folder.ts';
import { expectNothingStored, fileForm, memo, uploadByRest } from '../../support/gateway/audio-upload.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { openMigratedFolder } from '../../support/gateway/migrated-folder.ts';
import { sendRaw } from '../../support/http/raw-http.ts';
import { createRestClient, type RestClient } from '../../support/http/rest-client.ts';

const maxBytes = 100_000;
let folder: TemporaryFolder;
let gateway: TestGateway;
let client: RestClient;
let messageId = 0;

beforeAll(async () => {
  folder = await openMigratedFolder();
  gateway = await startTestGateway({ dataDir: folder.path, settings: { MAX_AUDIO_BYTES: String(maxBytes) } });
  client = await createRestClient(gateway);
  messageId = await createMessage(gateway);
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

type Part = [name: string, content: string | Buffer, filename?: string];

const boundary = 'boundary-of-alice';

function formOf(...parts: Part[]): Buffer {
  const chunks = parts.flatMap(([name, content, filename]) => {
    const called = filename === undefined ? '' : `; filename="${filename}"`;
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${called}\r\n\r\n`;
    return [Buffer.from(head), Buffer.from(content), Buffer.from('\r\n')];
  });
  return Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]);
}

const file: Part = ['file', memo, 'memo.wav'];
const whole = formOf(file);
const multipart = `multipart/form-data; boundary=${boundary}`;

type Fault = { type: string; loc: string[] };
const missingFile: Fault = { type: 'missing', loc: ['body', 'file'] };
const rows: [what: string, body: Buffer, contentType: string, fault: Fault][] = [
  ['no part at all', formOf(), multipart, missingFile],
  ['no body', Buffer.alloc(0), multipart, missingFile],
  ['a file of another name', formOf(['audio', memo, 'a.wav']), multipart, missingFile],
  ['a field instead of a file', formOf(['title', 'Memo']), multipart, missingFile],
  ['a second file', formOf(file, file), multipart, { type: 'too_long', loc: ['body', 'file'] }],
  ['text for a file', formOf(['file', 'Hello']), multipart, { type: 'value_error', loc: ['body', 'file'] }],
  ['no boundary', whole, 'multipart/form-data', { type: 'form_invalid', loc: ['body'] }],
  ['another boundary', whole, `${multipart}-and-bob`, { type: 'form_invalid', loc: ['body'] }],
  ['a file that breaks off', whole.subarray(0, 4_000), multipart, { type: 'form_invalid', loc: ['body'] }],
  ['no end', whole.subarray(0, -6), multipart, { type: 'form_invalid', loc: ['body'] }],
  ['a file behind its end', behindTheEnd(), multipart, { type: 'form_invalid', loc: ['body'] }],
  ['a part without a name', nameless(), multipart, missingFile],
  ['a part without an end to its head', headless(), multipart, { type: 'form_invalid', loc: ['body'] }],
  ['JSON', Buffer.from('{}'), 'application/json', missingFile],
  ['bare audio', memo, 'audio/wav', missingFile],
];

function nameless(): Buffer {
  return Buffer.from(`--${boundary}\r\nContent-Type: audio/wav\r\n\r\nRIFF\r\n--${boundary}--\r\n`);
}

/** The parser would wait for the end of a part that follows two ends, unless the part arrives at once. */
function behindTheEnd(): Buffer {
  const large = Buffer.concat([memo, Buffer.alloc(80_000)]);
  return Buffer.concat([formOf(), formOf(), formOf(['file', large, 'memo.wav'])]);
}

function headless(): Buffer {
  return Buffer.from(`--${boundary}\r\nContent-Disposition: form-data\r\n--${boundary}--\r\n`);
}

function upload(body: Buffer, contentType = multipart, id: number | string = messageId): Promise<Response> {
  const headers = { 'content-type': contentType };
  return gateway.rest(`/sessions/messages/${id}/audio`, { method: 'POST', headers, body: Buffer.from(body) });
}

/** Deletes what is stored, for the tests that expect nothing. */
async function startAnew(): Promise<void> {
  await gateway.rest('/sessions/?user_id=anonymous', { method: 'DELETE' });
  messageId = await createMessage(gateway);
}

test.each(rows)('a form with %s is refused', async (_what, body, contentType, fault) => {
  const response = await upload(body, contentType);
  const json = await response.json();
  expect([response.status, json.detail]).toEqual([422, [expect.objectContaining(fault)]]);
  client.conforms('POST', `/sessions/messages/${messageId}/audio`, 422, json);
  await expectNothingStored(gateway, folder.path);
});

test.each<[what: string, ...parts: Part[]]>([
  ['a field before the file', ['title', 'Memo'], file],
  ['a field behind the file', file, ['title', 'Memo']],
  ['another file before the file', ['picture', Buffer.alloc(50_000), 'a.png'], file],
  ['another file behind the file', file, ['picture', Buffer.alloc(50_000), 'a.png']],
  ['many fields', ...Array.from({ length: 300 }, (_, n): Part => [`field${n}`, 'x'.repeat(100)]), file],
])('a form with %s is accepted, and only the file is stored', async (_what, ...parts) => {
  const response = await upload(formOf(...parts));
  expect([response.status, await response.json()]).toEqual([
    200,
    expect.objectContaining({ filename: 'memo.wav', size: memo.length }),
  ]);
  await startAnew();
});

test.each([
  ['text', Buffer.from('Not a sound. '.repeat(1_000))],
  ['a picture', Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), Buffer.alloc(5_000)])],
  ['no bytes', Buffer.alloc(0)],
])('a file that contains %s is refused as not audio under any file name', async (_what, bytes) => {
  const response = await uploadByRest(gateway, messageId, fileForm(bytes));
  const json = await response.json();
  expect(response.status).toBe(415);
  expect(json.detail).toMatch(/expected wav, mp3, ogg \(opus\), webm, m4a, aac or flac\.$/);
  client.conforms('POST', `/sessions/messages/${messageId}/audio`, 415, json);
  await expectNothingStored(gateway, folder.path);
});

test('an upload for an unknown message is refused', async () => {
  const response = await upload(whole, multipart, 999);
  expect([response.status, await response.json()]).toEqual([404, { detail: 'There is no message 999.' }]);
  expect((await upload(whole, multipart, 'abc')).status).toBe(422);
  await expectNothingStored(gateway, folder.path);
});

describe('a file that is too large', () => {
  const target = () => `POST /api/v1/sessions/messages/${messageId}/audio HTTP/1.1\r\nHost: localhost\r\n`;

  test('a file that is too large by one byte is refused, and one that just fits is accepted', async () => {
    const fits = Buffer.concat([memo, Buffer.alloc(maxBytes - memo.length)]);
    const response = await uploadByRest(gateway, messageId, fileForm(Buffer.concat([fits, Buffer.alloc(1)])));
    const json = await response.json();
    expect([response.status, json.detail]).toEqual([413, 'The recording is longer than 100000 bytes.']);
    client.conforms('POST', `/sessions/messages/${messageId}/audio`, 413, json);
    await expectNothingStored(gateway, folder.path);

    expect((await uploadByRest(gateway, messageId, fileForm(fits))).status).toBe(200);
    await startAnew();
  });

  test('a file whose Content-Length is too large is refused before its bytes arrive', async () => {
    const answer = await sendRaw(
      gateway.url,
      `${target()}Content-Type: ${multipart}\r\nContent-Length: 9000000000\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toMatch(/^connection: close\r$/im);
  });

  test('a file that grows too large is refused before its end, and the connection is closed', async () => {
    const chunk = Buffer.concat([whole.subarray(0, -boundary.length - 8), Buffer.alloc(maxBytes)]);
    const head = `${target()}Content-Type: ${multipart}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const request = [Buffer.from(`${head}${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')];
    const answer = await sendRaw(gateway.url, Buffer.concat(request));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toMatch(/^connection: close\r$/im);
    await expectNothingStored(gateway, folder.path);
  });
});
