import { expect, test } from 'vitest';
import { startTestGateway } from '../support/gateway/gateway.ts';
import { shareGateway } from '../support/gateway/shared-gateway.ts';
import { distinctClient } from './transports.ts';

const shared = shareGateway(startTestGateway);

/** Large enough for several chunks, so that there is progress to tell. */
const words = 'switchyard '.repeat(60_000);

test('an attachment is uploaded with progress, and sent with a prompt', async () => {
  const client = distinctClient(shared().url);
  const sessionId = await shared().createSession();
  const parts: number[] = [];

  const file = new File([words], 'words.txt', { type: 'text/plain' });
  const attachment = await client.uploadAttachment(sessionId, file, {
    onProgress: (part) => parts.push(part),
  });

  expect(attachment).toMatchObject({ filename: 'words.txt', size: words.length, type: 'TEXT' });
  expect(parts.length).toBeGreaterThan(2);
  expect(parts).toEqual([...parts].sort((a, b) => a - b));
  expect(parts.at(-1)).toBe(1);
});

test('a file in a variable of any document is sent as a form', async () => {
  const client = distinctClient(shared().url);
  const sessionId = await shared().createSession();
  const document = `mutation ($sessionId: ID!, $file: Upload!) {
    uploadAttachment(sessionId: $sessionId, file: $file) { filename mimeType }
  }`;
  const file = new File(['hello'], 'hello.txt');
  expect(await client.query(document, { sessionId, file })).toEqual({
    uploadAttachment: { filename: 'hello.txt', mimeType: 'text/plain' },
  });
});

test('a refused file is an error with the code of the gateway, with and without progress', async () => {
  const client = distinctClient(shared().url);
  const sessionId = await shared().createSession();
  const binary = new File([new Uint8Array(2_000)], 'zeros.bin');
  for (const options of [{}, { onProgress: () => {} }]) {
    await expect(client.uploadAttachment(sessionId, binary, options)).rejects.toMatchObject({
      code: 'UNSUPPORTED_MEDIA_TYPE',
    });
    await expect(client.uploadFile(sessionId, 'a.txt', binary, options)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(client.uploadRecording('TWVzc2FnZTo5OTk5', binary, options)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  }
});

test('an upload is given up with its signal', async () => {
  const client = distinctClient(shared().url);
  const sessionId = await shared().createSession();
  const leave = new AbortController();
  const file = new File([words.repeat(10)], 'words.txt');
  const onProgress = () => leave.abort();
  const upload = client.uploadAttachment(sessionId, file, { signal: leave.signal, onProgress });
  const failure = await upload.catch((error) => error);
  expect(leave.signal.aborted).toBe(true);
  expect(failure).toBe(leave.signal.reason);
});
