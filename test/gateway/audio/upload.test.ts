import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { audioFiles } from '../../support/files/audio-files.ts';
import { createMessage } from '../../support/files/recording.ts';
import {
  fileForm,
  graphqlForm,
  memo,
  sha256Of,
  uploadByGraphQL,
  uploadByRest,
} from '../../support/gateway/audio-upload.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';

let gateway: TestGateway;
let messageId = 0;

beforeAll(async () => {
  gateway = await startTestGateway();
  messageId = await createMessage(gateway);
});
afterAll(() => gateway[Symbol.asyncDispose]());

const upload = {
  rest: async (form: [Uint8Array<ArrayBuffer>, string]) => {
    const response = await uploadByRest(gateway, messageId, fileForm(...form));
    const { mime_type: mimeType, size, sha256, filename } = await response.json();
    return { status: response.status, mimeType, size, sha256, filename };
  },
  graphql: async ([bytes, filename]: [Uint8Array<ArrayBuffer>, string]) => {
    const { status, json } = await uploadByGraphQL(gateway, graphqlForm(messageId, bytes, { filename }));
    const { mimeType, size, sha256, filename: called } = json.data.uploadMessageAudio.audio;
    return { status, mimeType, size, sha256, filename: called };
  },
};

describe.each(['rest', 'graphql'] as const)('by %s', (api) => {
  test.each(audioFiles)('$name is accepted under any file name', async ({ mimeType, bytes }) => {
    const taken = await upload[api]([Buffer.from(bytes), 'notes.txt']);
    const sha256 = sha256Of(bytes);
    expect(taken).toEqual({ status: 200, mimeType, size: bytes.length, sha256, filename: 'notes.txt' });
  });

  test('the file name of an upload is kept as it is', async () => {
    const taken = await upload[api]([Buffer.from(memo), 'grüße 🎤.wav']);
    expect(taken.filename).toBe('grüße 🎤.wav');
  });
});

test('an upload is answered with all fields of the recording', async () => {
  const response = await uploadByRest(gateway, messageId, fileForm(memo));
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({
    message_id: messageId,
    audio_url: `/api/v1/sessions/messages/${messageId}/audio`,
    mime_type: 'audio/wav',
    size: 8_044,
    filename: 'memo.wav',
    sha256: sha256Of(memo),
    duration_seconds: 1,
    uploaded_at: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/),
  });
});

test('the messages of a session contain the address of their recordings', async () => {
  await uploadByRest(gateway, messageId, fileForm(memo));
  const { sessionId } = await gateway.services.database.message.findUniqueOrThrow({
    where: { id: messageId },
  });
  const response = await gateway.rest(`/sessions/${sessionId}/messages`);
  const { messages } = await response.json();
  expect(messages.map((message: { audio_url: string | null }) => message.audio_url)).toEqual([
    `/api/v1/sessions/messages/${messageId}/audio`,
    null,
  ]);
});
