import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callModel } from '../../../../src/chat/models/call/call-model.ts';
import { createModelProviders } from '../../../../src/chat/models/model-providers.ts';
import { markFile, type OpenFile } from '../../../../src/chat/models/wire/file-marks.ts';
import { outcome } from '../../../support/model/call.ts';
import { type ReceivingServer, startReceivingServer } from '../../../support/model/receiving-server.ts';

let server: ReceivingServer;
beforeAll(async () => {
  server = await startReceivingServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const sha256 = 'ab'.repeat(32);

/** Sends a prompt with a file of 300,000 bytes to the server. */
async function send(openFile: OpenFile) {
  const providers = createModelProviders({ demo: { delayMs: 0 }, openaiCompatible: { baseUrl: server.url } });
  const model = await providers.get('openai-compatible')?.languageModel('m');
  if (!model) throw new Error('There is no model.');
  const data = markFile({ sha256, size: 300_000 });
  const content = [{ type: 'file' as const, mediaType: 'image/png', data }];
  const abortSignal = new AbortController().signal;
  const limits = { idleTimeoutMs: 10_000, maxRetries: 2, maxRetryWaitMs: 60_000, maxAnswerBytes: 1_000 };
  const options = { prompt: [{ role: 'user' as const, content }], abortSignal, openFile };
  async function* parts() {
    for await (const some of callModel(model as NonNullable<typeof model>, options, limits)) yield* some;
  }
  return outcome(parts());
}

/** Chunks of a file whose lengths are no multiples of three. */
function chunks(bytes: number, size = 1_000): Readable {
  const all = Buffer.alloc(bytes, 'switchyard');
  return Readable.from(
    Array.from({ length: Math.ceil(bytes / size) }, (_, at) => all.subarray(at * size, (at + 1) * size)),
  );
}

test('a file is sent in base64 where its mark stands', async () => {
  expect(await send(async () => chunks(300_000))).toEqual({ answer: 'Seen.', error: undefined });
  const { messages } = JSON.parse((await server.requests.at(-1)?.body()) ?? '');
  const base64 = Buffer.alloc(300_000, 'switchyard').toString('base64');
  expect(messages[0].content[0].image_url.url).toBe(`data:image/png;base64,${base64}`);
});

test.each<[string, OpenFile]>([
  ['cannot be opened', async () => Promise.reject(new Error('The disk is on fire.'))],
  ['is shorter than it was', async () => chunks(200_000)],
  ['is longer than it was', async () => chunks(400_000)],
  [
    'breaks off',
    async () =>
      Readable.from(
        (async function* () {
          yield Buffer.alloc(1_000);
          throw new Error('The disk is on fire.');
        })(),
      ),
  ],
])('a file that %s fails the call as a fault of the gateway, which is not repeated', async (_what, open) => {
  let opened = 0;
  const { answer, error } = await send((key) => {
    opened += 1;
    return open(key);
  });
  expect(answer).toBe('');
  expect(error).toMatchObject({ code: 'INTERNAL' });
  expect(opened).toBe(1);
});
