import { expect, test } from 'vitest';
import { graphqlForm, memo, uploadByGraphQL } from '../../support/gateway/audio-upload.ts';
import { collect, follow } from '../../support/gateway/chat.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { openSharedFiles } from '../../support/gateway/shared-files.ts';

test('a file of a workspace may be larger than a recording, and each has its own limit', async () => {
  const settings = { MAX_AUDIO_BYTES: '1000', MAX_WORKSPACE_FILE_BYTES: '200000' };
  await using gateway = await startTestGateway({ settings });
  const files = await openSharedFiles(gateway);
  const upload = async (size: number) => (await files.upload('a.bin', Buffer.alloc(size, 'x'))).errors?.[0];
  expect(await upload(200_000)).toBeUndefined();
  expect((await upload(200_001))?.extensions).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  await expect(files.write('b.txt', 'x'.repeat(200_001))).rejects.toMatchObject({
    code: 'PAYLOAD_TOO_LARGE',
  });
  expect(await files.read('fileCount totalBytes')).toEqual({ fileCount: 1, totalBytes: 200_000 });

  const run = await gateway.send({ sessionId: files.sessionId, prompt: 'Say hello.' });
  await collect(follow(gateway.client(), run));
  const { id } = await gateway.services.database.message.findFirstOrThrow({
    where: { sessionId: files.databaseId },
  });
  const refused = await uploadByGraphQL(gateway, graphqlForm(id, memo));
  expect(refused.json.errors?.[0]?.extensions).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
});

test('a workspace that is full takes no more, and takes more when something was deleted', async () => {
  const settings = { MAX_WORKSPACE_FILES: '2', MAX_WORKSPACE_BYTES: '100' };
  await using gateway = await startTestGateway({ settings });
  const files = await openSharedFiles(gateway);
  await files.write('a', 'x'.repeat(60));
  const full = { code: 'QUOTA_EXCEEDED' };
  await expect(files.write('b', 'x'.repeat(60))).rejects.toMatchObject(full);
  await files.write('b', 'x'.repeat(40));
  await expect(files.write('c', '')).rejects.toMatchObject(full);
  await files.delete('a');
  await files.write('c', 'x'.repeat(60));
  expect(await files.read('fileCount totalBytes')).toEqual({ fileCount: 2, totalBytes: 100 });
});
