import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { record } from '../../support/files/recording.ts';
import { openTemporaryFolder, type TemporaryFolder } from '../../support/files/temporary-folder.ts';
import { createWav } from '../../support/files/wav.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';

/** Far more than the buffers of sockets on both ends hold. */
const wav = createWav({ seconds: 4_000 });
let folder: TemporaryFolder;
let gateway: TestGateway;
/** The streams that the blob store gave out. */
let opened: (Readable & { bytesRead: number })[];

beforeEach(async () => {
  folder = await openTemporaryFolder();
  gateway = await startTestGateway({
    dataDir: folder.path,
    settings: { MAX_AUDIO_BYTES: String(wav.length) },
  });
  opened = [];
});
afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

function watchStore(): void {
  const { audio } = gateway.services;
  const open = audio.open.bind(audio);
  vi.spyOn(audio, 'open').mockImplementation(async (...args) => {
    const bytes = await open(...args);
    opened.push(bytes as (typeof opened)[number]);
    return bytes;
  });
}

/** Asks for a path on a socket of its own, and reads nothing of the answer yet. */
function request(path: string, headers = '') {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\nconnection: close\r\n${headers}\r\n`);
  return socket;
}

/** Resolves when the store is read no further while the gateway answers others. */
async function untilHeldBack(): Promise<void> {
  await expect
    .poll(async () => {
      const before = opened[0]?.bytesRead;
      for (let n = 0; n < 10; n += 1) await gateway.graphql('{ __typename }');
      return before !== undefined && before > 0 && opened[0]?.bytesRead === before;
    })
    .toBe(true);
}

test('a client that does not read holds the store back, and gets all of it when it does', async () => {
  const { path } = await record(gateway, wav);
  watchStore();
  const socket = request(path);

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
])('a client that leaves while it gets %s ends the reading of the store', async (_name, headers) => {
  const { path } = await record(gateway, wav);
  watchStore();
  const socket = request(path, headers);
  await untilHeldBack();

  socket.destroy();

  const [bytes] = opened;
  if (bytes?.closed === false) await once(bytes, 'close');
  expect(opened).toHaveLength(1);
  expect(bytes?.destroyed).toBe(true);
  expect(bytes?.bytesRead).toBeLessThan(wav.length / 2);
});

test('a client that leaves ends the reading of a store that is stuck', async () => {
  const { path } = await record(gateway, createWav({ seconds: 1 }));
  const stuck = new Readable({ read() {} });
  stuck.push('RIFF');
  vi.spyOn(gateway.services.audio, 'open').mockResolvedValue(stuck);
  const socket = request(path);
  await once(socket, 'readable');

  socket.destroy();

  await once(stuck, 'close');
  expect(stuck.destroyed).toBe(true);
});

test('a store that fails half-way cuts the connection, so that nobody takes a half for the whole', async () => {
  const { path } = await record(gateway, createWav({ seconds: 1 }));
  const failing = Readable.from(
    (async function* () {
      yield Buffer.from('RIFF');
      throw new Error('The disk is gone.');
    })(),
  );
  vi.spyOn(gateway.services.audio, 'open').mockResolvedValue(failing);

  const response = await fetch(`${gateway.url}${path}`);

  await expect(response.arrayBuffer()).rejects.toThrow();
  expect((await gateway.rest('/sessions/messages/1/audio', { method: 'HEAD' })).status).toBe(200);
});

test('a recording that is replaced between its description and its bytes comes as it is now', async () => {
  const { path, messageId } = await record(gateway, createWav({ seconds: 1 }));
  const newer = createWav({ seconds: 3 });
  const { audio } = gateway.services;
  const open = audio.open.bind(audio);
  vi.spyOn(audio, 'open').mockImplementationOnce(async (...args) => {
    await record(gateway, newer, { messageId });
    return open(...args);
  });

  const response = await fetch(`${gateway.url}${path}`);

  expect(response.headers.get('content-length')).toBe(String(newer.length));
  expect(Buffer.from(await response.arrayBuffer()).equals(newer)).toBe(true);
});

test('a recording whose bytes are lost is answered 500, without a word of where they were', async () => {
  const { path } = await record(gateway, createWav({ seconds: 1 }));
  await rm(join(folder.path, 'blobs'), { recursive: true });

  const response = await fetch(`${gateway.url}${path}`);

  expect(response.status).toBe(500);
  expect(await response.json()).toEqual({ detail: 'Internal Server Error' });
});
