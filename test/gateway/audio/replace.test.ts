import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { createMessage } from '../../support/files/recording.ts';
import { openTemporaryFolder, type TemporaryFolder } from '../../support/files/temporary-folder.ts';
import { createWav } from '../../support/files/wav.ts';
import {
  expectNothingStored,
  fileForm,
  globalMessageId,
  graphqlForm,
  memo,
  sha256Of,
  storedAudio,
  uploadByGraphQL,
  uploadByRest,
} from '../../support/gateway/audio-upload.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';

let folder: TemporaryFolder;
let gateway: TestGateway;

beforeAll(async () => {
  folder = await openTemporaryFolder();
  gateway = await startTestGateway({ dataDir: folder.path });
});
afterEach(async () => {
  await gateway.services.sessions.deleteAll({});
  await expectNothingStored(gateway, folder.path);
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const take = (seconds: number) => Buffer.from(createWav({ seconds }));
const deleteAudio = 'mutation ($id: ID!) { deleteMessageAudio(messageId: $id) { databaseId audio { url } } }';

async function upload(messageId: number, bytes: Buffer<ArrayBuffer>): Promise<number> {
  return (await uploadByRest(gateway, messageId, fileForm(bytes))).status;
}

async function sessionOf(messageId: number): Promise<number> {
  const where = { id: messageId };
  return (await gateway.services.database.message.findUniqueOrThrow({ where })).sessionId;
}

test('a new recording replaces the old one, whose blob is deleted', async () => {
  const messageId = await createMessage(gateway);
  await upload(messageId, memo);
  const { status } = await uploadByGraphQL(gateway, graphqlForm(messageId, take(2)));
  const sha256 = sha256Of(take(2));
  expect([status, await storedAudio(gateway, folder.path)]).toEqual([
    200,
    { blobs: [sha256], staged: 0, recordings: [[messageId, sha256]] },
  ]);
});

test('a refused recording leaves the old one in place', async () => {
  const messageId = await createMessage(gateway);
  await upload(messageId, memo);
  expect(await upload(messageId, Buffer.from('Not a sound.'))).toBe(415);
  const sha256 = sha256Of(memo);
  expect(await storedAudio(gateway, folder.path)).toEqual({
    blobs: [sha256],
    staged: 0,
    recordings: [[messageId, sha256]],
  });
});

test('two messages with the same recording share a blob until both recordings are deleted', async () => {
  const [first, second] = [await createMessage(gateway), await createMessage(gateway)];
  await Promise.all([upload(first, memo), upload(second, memo)]);
  expect((await storedAudio(gateway, folder.path)).blobs).toEqual([sha256Of(memo)]);

  const { data } = await gateway.graphql(deleteAudio, { id: globalMessageId(first) });
  expect(data).toEqual({ deleteMessageAudio: { databaseId: first, audio: null } });
  const sha256 = sha256Of(memo);
  expect(await storedAudio(gateway, folder.path)).toEqual({
    blobs: [sha256],
    staged: 0,
    recordings: [[second, sha256]],
  });

  await gateway.graphql(deleteAudio, { id: globalMessageId(second) });
  await gateway.graphql(deleteAudio, { id: globalMessageId(second) });
  await expectNothingStored(gateway, folder.path);
});

test('simultaneous recordings for one message leave exactly one of them', async () => {
  const messageId = await createMessage(gateway);
  const takes = [1, 2, 3, 4, 5, 6].map(take);
  const statuses = await Promise.all(takes.map((bytes) => upload(messageId, bytes)));
  expect(statuses).toEqual(takes.map(() => 200));
  const { blobs, staged, recordings } = await storedAudio(gateway, folder.path);
  expect([blobs, staged]).toEqual([[recordings[0]?.[1]], 0]);
});

test.each([
  ['clearing the history', (id: number) => [`/sessions/${id}/clear-history`, 'POST'] as const],
  ['deleting the session', (id: number) => [`/sessions/${id}`, 'DELETE'] as const],
])('%s deletes the blobs of its messages and keeps those of other sessions', async (_what, request) => {
  const [own, shared, others] = [take(1), take(2), take(3)];
  const messageId = await createMessage(gateway);
  const sessionId = await sessionOf(messageId);
  const bob = [await createMessage(gateway), await createMessage(gateway)];
  const sibling = await gateway.services.database.message.findFirstOrThrow({
    where: { sessionId, id: { not: messageId } },
  });
  await upload(messageId, own);
  await upload(sibling.id, shared);
  await upload(bob[0] ?? 0, shared);
  await upload(bob[1] ?? 0, others);
  await vi.waitFor(async () => {
    const [path, method] = request(sessionId);
    expect((await gateway.rest(path, { method })).status).toBe(200);
  });
  expect((await storedAudio(gateway, folder.path)).blobs).toEqual(
    [sha256Of(shared), sha256Of(others)].sort(),
  );
});

test('an upload whose message is deleted meanwhile leaves nothing behind', async () => {
  for (let round = 0; round < 10; round += 1) {
    const messageId = await createMessage(gateway);
    const sessionId = await sessionOf(messageId);
    const [status] = await Promise.all([
      upload(messageId, take(2)),
      gateway.rest(`/sessions/${sessionId}`, { method: 'DELETE' }),
    ]);
    expect([200, 404]).toContain(status);
    await expectNothingStored(gateway, folder.path);
  }
});

test('the next start of the gateway deletes the blobs that a crash left behind', async () => {
  await using data = await openTemporaryFolder();
  const crashed = await startTestGateway({ dataDir: data.path });
  const messageId = await createMessage(crashed);
  await uploadByRest(crashed, messageId, fileForm(memo));
  await crashed[Symbol.asyncDispose]();
  const orphan = sha256Of(take(2));
  const blobs = join(data.path, 'blobs');
  await mkdir(join(blobs, orphan.slice(0, 2)), { recursive: true });
  await writeFile(join(blobs, orphan.slice(0, 2), orphan), take(2));
  await writeFile(join(blobs, 'staged', '0e9b4a52-3c5e-4c3f-8a3c-0d5f3f4f1a11'), 'half of');

  await using restarted = await startTestGateway({ dataDir: data.path });

  const sha256 = sha256Of(memo);
  expect(await storedAudio(restarted, data.path)).toEqual({
    blobs: [sha256],
    staged: 0,
    recordings: [[messageId, sha256]],
  });
});
