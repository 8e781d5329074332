import { expect, test } from 'vitest';
import { startS3Server } from '../../blobs/s3-server.ts';
import { createWav } from '../../support/files/wav.ts';
import { upload } from '../../support/gateway/attachments.ts';
import { fileForm, sha256Of, uploadByRest } from '../../support/gateway/audio-upload.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';

test('a gateway stores, serves and deletes recordings and attachments in a bucket, and deletes what a crash left there', async () => {
  await using server = await startS3Server();
  const { bucket, endpoint, accessKeyId, secretAccessKey } = server.location;
  const settings = {
    BLOB_URL: `s3://${bucket}/audio?endpoint=${endpoint}&forcePathStyle=true`,
    S3_ACCESS_KEY_ID: accessKeyId,
    S3_SECRET_ACCESS_KEY: secretAccessKey,
  };
  const orphan = `audio/${'0'.repeat(64)}`;
  await server.put(orphan, new Date('2026-01-01'));
  await using gateway = await startTestGateway({ settings });
  expect(await server.contents()).toEqual([]);

  const sessionId = await gateway.createSession();
  const send = 'mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }';
  await gateway.graphql(send, { input: { sessionId, prompt: 'Listen.' } });
  // Large enough for an upload in several parts.
  const song = createWav({ seconds: 750 });
  expect((await uploadByRest(gateway, 1, fileForm(Buffer.from(song)))).status).toBe(200);
  expect(await server.contents()).toEqual([`audio/${sha256Of(song)}`]);

  const whole = await gateway.rest('/sessions/messages/1/audio');
  expect(song.equals(Buffer.from(await whole.arrayBuffer()))).toBe(true);
  const range = await gateway.rest('/sessions/messages/1/audio', { headers: { range: 'bytes=-8000' } });
  expect(range.status).toBe(206);
  expect(song.subarray(-8_000).equals(Buffer.from(await range.arrayBuffer()))).toBe(true);

  const note = 'A note for the model.';
  const { url, sha256 } = await upload(gateway, sessionId, { bytes: note });
  expect(await server.contents()).toContain(`audio/${sha256}`);
  const read = await fetch(`${gateway.url}${url}`, { headers: { range: 'bytes=2-5' } });
  expect([read.status, await read.text()]).toEqual([206, 'note']);

  const remove = 'mutation ($id: ID!) { deleteSession(id: $id) { __typename } }';
  expect((await gateway.graphql(remove, { id: sessionId })).errors).toBeUndefined();
  expect(await server.contents()).toEqual([]);
});
