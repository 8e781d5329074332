import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createMessage } from '../../support/files/recording.ts';
import type { TemporaryFolder } from '../../support/files/temporary-folder.ts';
import {
  expectNothingStored,
  globalMessageId,
  memo,
  storedAudio,
  temporaryUploads,
  uploadDocument,
} from '../../support/gateway/audio-upload.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { openMigratedFolder } from '../../support/gateway/migrated-folder.ts';

let folder: TemporaryFolder;
let gateway: TestGateway;
beforeAll(async () => {
  folder = await openMigratedFolder();
  gateway = await startTestGateway({ dataDir: folder.path });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const boundary = 'boundary-of-alice';

function part(name: string, content: string): string {
  return `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${content}`;
}

/** The head of an upload, and its body up to the bytes of the file. */
const requests: Record<string, (messageId: number) => { head: string; start: string }> = {
  rest: (messageId) => ({
    head: `POST /api/v1/sessions/messages/${messageId}/audio HTTP/1.1\r\nHost: localhost\r\n`,
    start: part('file', '; filename="memo.wav"\r\n\r\n'),
  }),
  // The first message belongs to the session 1.
  attachment: () => ({
    head: 'POST /api/v1/sessions/1/attachments HTTP/1.1\r\nHost: localhost\r\n',
    start: part('file', '; filename="memo.wav"\r\n\r\n'),
  }),
  graphql: (messageId) => {
    const variables = { messageId: globalMessageId(messageId), file: null };
    const operations = JSON.stringify({ query: uploadDocument, variables });
    return {
      head: 'POST /graphql HTTP/1.1\r\nHost: localhost\r\nApollo-Require-Preflight: 1\r\n',
      start: [
        part('operations', `\r\n\r\n${operations}\r\n`),
        part('map', '\r\n\r\n{"0":["variables.file"]}\r\n'),
        part('0', '; filename="memo.wav"\r\n\r\n'),
      ].join(''),
    };
  },
};

test.each(['rest', 'attachment', 'graphql'])(
  'an upload by %s whose client disconnects half-way leaves nothing behind',
  async (api) => {
    const messageId = await createMessage(gateway);
    const before = await temporaryUploads();
    const { hostname, port } = new URL(gateway.url);
    const { head, start } = requests[api]?.(messageId) ?? { head: '', start: '' };

    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.write(
      `${head}Content-Type: multipart/form-data; boundary=${boundary}\r\nContent-Length: 1000000\r\n\r\n${start}`,
    );
    socket.write(memo);
    await vi.waitFor(async () => expect((await storedAudio(gateway, folder.path)).staged).toBe(1));
    socket.destroy();

    await expectNothingStored(gateway, folder.path);
    await expect.poll(() => temporaryUploads()).toBeLessThanOrEqual(before);
  },
);

test('a gateway that is stopped during an upload keeps nothing of it', async () => {
  await using data = await openMigratedFolder();
  const stopping = await startTestGateway({ dataDir: data.path });
  const messageId = await createMessage(stopping);
  const { hostname, port } = new URL(stopping.url);
  const { head, start } = requests['rest']?.(messageId) ?? { head: '', start: '' };
  const socket = connect(Number(port), hostname).on('error', () => {});
  await once(socket, 'connect');
  socket.write(
    `${head}Content-Type: multipart/form-data; boundary=${boundary}\r\nContent-Length: 1000000\r\n\r\n${start}`,
  );
  socket.write(memo);
  await vi.waitFor(async () => expect((await storedAudio(stopping, data.path)).staged).toBe(1));

  await stopping[Symbol.asyncDispose]();

  await using restarted = await startTestGateway({ dataDir: data.path });
  await expectNothingStored(restarted, data.path);
});
