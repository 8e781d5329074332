import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { type Recorded, record } from '../../support/files/recording.ts';
import { createWav } from '../../support/files/wav.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { openMigratedFolder } from '../../support/gateway/migrated-folder.ts';

/** Much larger than the buffers of the sockets on both ends. */
const wav = createWav({ seconds: 4_000 });
let gateway: TestGateway;
let song: Recorded;
/** The streams that the blob store has opened in this test. */
const opened: (Readable & { bytesRead: number })[] = [];

beforeAll(async () => {
  gateway = await startTestGateway({ settings: { MAX_AUDIO_BYTES: String(wav.length) } });
  song = await record(gateway, wav);
});
afterEach(() => {
  vi.restoreAllMocks();
  opened.length = 0;
});
afterAll(() => gateway[Symbol.asyncDispose]());

function watchStore(): void {
  const { blobs } = gateway.services;
  const open = blobs.open.bind(blobs);
  vi.spyOn(blobs, 'open').mockImplementation(async (...args) => {
    const bytes = await open(...args);
    opened.push(bytes as (typeof opened)[number]);
    return bytes;
  });
}

/** Requests a path on a new socket, without reading the response. */
function request(path: string, headers = '') {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\nconnection: close\r\n${headers}\r\n`);
  return socket;
}

/** Resolves when the gateway reads no more bytes from the blob store while it answers other requests. */
async function untilHeldBack(): Promise<void> {
  await expect
    .poll(async () => {
      const before = opened[0]?.bytesRead;
      for (let n = 0; n < 10; n += 1) await gateway.graphql('{ __typename }');
      return before !== undefined && before > 0 && opened[0]?.bytesRead === before;
    })
    .toBe(true);
}

test('a client that stops reading pauses the blob store, and gets all bytes when it continues', async () => {
  watchStore();
  const socket = request(song.path);

  await untilHeldBack();

  expect(opened[0]?.bytesRead).toBeLessThan(wav.length / 2);
  const answer = await buffer(socket);
  expect(answer.subarray(answer.indexOf('\r\n\r\n') + 4).equals(wav)).toBe(true);
  expect(opened.map(({ destroyed }) => destroyed)).toEqual([true]);
});

test.each([
  ['the whole', ''],
  ['a part', 'range: bytes=1000-\r\n'],
  ['several parts', 'range: bytes=0-20000000,20000002-\r\n'],
])(
  'a client that disconnects while it gets %s closes the stream of the blob store',
  async (_name, headers) => {
    watchStore();
    const socket = request(song.path, headers);
    await untilHeldBack();

    socket.destroy();

    const [bytes] = opened;
    if (bytes?.closed === false) await once(bytes, 'close');
    expect(opened).toHaveLength(1);
    expect(bytes?.destroyed).toBe(true);
    expect(bytes?.bytesRead).toBeLessThan(wav.length / 2);
  },
);

test('a client that disconnects closes a stream of the blob store that hangs', async () => {
  const { path } = await record(gateway, createWav({ seconds: 1 }));
  const stuck = new Readable({ read() {} });
  stuck.push('RIFF');
  vi.spyOn(gateway.services.blobs, 'open').mockResolvedValue(stuck);
  const socket = request(path);
  await once(socket, 'readable');

  socket.destroy();

  await once(stuck, 'close');
  expect(stuck.destroyed).toBe(true);
});

test('a blob store that fails half-way cuts the connection, so that the client sees an incomplete response', async () => {
  const { path } = await record(gateway, createWav({ seconds: 1 }));
  const failing = Readable.from(
    (async function* () {
      yield Buffer.from('RIFF');
      throw new Error('The disk is gone.');
    })(),
  );
  vi.spyOn(gateway.services.blobs, 'open').mockResolvedValue(failing);

  const response = await fetch(`${gateway.url}${path}`);

  await expect(response.arrayBuffer()).rejects.toThrow();
  expect((await fetch(`${gateway.url}${path}`, { method: 'HEAD' })).status).toBe(200);
});

test('a recording that is replaced after its row was read is sent in its new version', async () => {
  // No other message has these bytes, so that the replacement deletes their blob.
  const { path, messageId } = await record(gateway, createWav({ seconds: 2 }));
  const newer = createWav({ seconds: 3 });
  const { blobs } = gateway.services;
  const open = blobs.open.bind(blobs);
  vi.spyOn(blobs, 'open').mockImplementationOnce(async (...args) => {
    await record(gateway, newer, { messageId });
    return open(...args);
  });

  const response = await fetch(`${gateway.url}${path}`);

  expect(response.headers.get('content-length')).toBe(String(newer.length));
  expect(Buffer.from(await response.arrayBuffer()).equals(newer)).toBe(true);
});

test('a recording whose bytes are lost is answered with 404, and the operator is warned', async () => {
  await using folder = await openMigratedFolder();
  await using forgetful = await startTestGateway({
    dataDir: folder.path,
    settings: { LOG_LEVEL: 'warn' },
  });
  const { path, messageId, sha256 } = await record(forgetful, createWav({ seconds: 1 }));
  await rm(join(folder.path, 'blobs'), { recursive: true });

  const [whole, part, head] = await Promise.all([
    fetch(`${forgetful.url}${path}`),
    fetch(`${forgetful.url}${path}`, { headers: { range: 'bytes=0-9' } }),
    fetch(`${forgetful.url}${path}`, { method: 'HEAD' }),
  ]);

  expect([whole.status, part.status, head.status]).toEqual([404, 404, 404]);
  expect(await whole.json()).toEqual({
    detail: 'The bytes of the recording are lost. Upload the recording again.',
  });
  const line = await forgetful.logged('The blob store has no bytes for a recording.');
  expect(line).toMatchObject({ level: 40, messageId, sha256 });
  expect(forgetful.lines.filter(({ level }) => Number(level) > 40)).toEqual([]);
});
