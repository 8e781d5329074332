import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { sweepTemporaryUploads } from '../../../src/http/uploads/sweep-temporary-uploads.ts';
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
import { openMigratedFolder } from '../../support/gateway/migrated-folder.ts';

const dayMs = 86_400_000;

let folder: TemporaryFolder;
let gateway: TestGateway;

beforeAll(async () => {
  folder = await openMigratedFolder();
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

test('the next start of the gateway deletes uploads that a crash left behind, and blobs that no message has had for 30 days', async () => {
  await using data = await openMigratedFolder();
  const crashed = await startTestGateway({ dataDir: data.path });
  const messageId = await createMessage(crashed);
  await uploadByRest(crashed, messageId, fileForm(memo));
  await crashed[Symbol.asyncDispose]();
  const orphan = sha256Of(take(2));
  const blobs = join(data.path, 'blobs');
  await mkdir(join(blobs, orphan.slice(0, 2)), { recursive: true });
  await writeFile(join(blobs, orphan.slice(0, 2), orphan), take(2));
  const old = new Date(Date.now() - 31 * dayMs);
  await utimes(join(blobs, orphan.slice(0, 2), orphan), old, old);
  await writeFile(join(blobs, 'staged', '0e9b4a52-3c5e-4c3f-8a3c-0d5f3f4f1a11'), 'half of');

  await using restarted = await startTestGateway({ dataDir: data.path });

  const sha256 = sha256Of(memo);
  expect(await storedAudio(restarted, data.path)).toEqual({
    blobs: [sha256],
    staged: 0,
    recordings: [[messageId, sha256]],
  });
});

/** Makes the files of a folder look as if they were written so many days ago. */
async function age(path: string, days: number): Promise<void> {
  const old = new Date(Date.now() - days * dayMs);
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) await utimes(join(entry.parentPath, entry.name), old, old);
  }
}

test('a start keeps the recordings and the uploads of another gateway, of another database and of a newer one', async () => {
  await using data = await openMigratedFolder();
  await using shared = await openTemporaryFolder();
  const settings = { BLOB_URL: `file:${shared.path}` };
  const first = await startTestGateway({ dataDir: data.path, settings });
  const messageId = await createMessage(first);
  await uploadByRest(first, messageId, fileForm(memo));
  await writeFile(join(shared.path, 'staged', '0e9b4a52-3c5e-4c3f-8a3c-0d5f3f4f1a11'), 'half of');
  await age(shared.path, 20);
  await writeFile(join(shared.path, 'staged', '1e9b4a52-3c5e-4c3f-8a3c-0d5f3f4f1a11'), 'half of');

  await using _second = await startTestGateway({ settings });

  expect((await first.rest(`/sessions/messages/${messageId}/audio`)).status).toBe(200);
  expect(await readdir(join(shared.path, 'staged'))).toEqual(['1e9b4a52-3c5e-4c3f-8a3c-0d5f3f4f1a11']);
  await first[Symbol.asyncDispose]();

  const emptied = { ...settings, DATABASE_URL: `file:${join(data.path, 'misspelt.db')}` };
  await (await startTestGateway({ dataDir: data.path, settings: emptied }))[Symbol.asyncDispose]();
  await using again = await startTestGateway({ dataDir: data.path, settings });
  expect((await again.rest(`/sessions/messages/${messageId}/audio`)).status).toBe(200);
});

test('a recording that a message has never looks old, so that a start with another database does not delete it', async () => {
  await using data = await openMigratedFolder();
  const blobs = join(data.path, 'blobs');
  const first = await startTestGateway({ dataDir: data.path });
  const messageId = await createMessage(first);
  await uploadByRest(first, messageId, fileForm(memo));
  await age(blobs, 400);

  await first.services.blobs.sweep(new Date(0));

  const sha256 = sha256Of(memo);
  const { mtimeMs } = await stat(join(blobs, sha256.slice(0, 2), sha256));
  expect(Date.now() - mtimeMs).toBeLessThan(dayMs);
  await first[Symbol.asyncDispose]();
  const settings = { DATABASE_URL: `file:${join(data.path, 'misspelt.db')}` };
  await using other = await startTestGateway({ dataDir: data.path, settings });
  expect((await storedAudio(other, data.path)).blobs).toEqual([sha256]);
});

test('a start deletes temporary files of GraphQL uploads that a crash left behind, and those of running uploads stay', async () => {
  await using temporary = await openTemporaryFolder();
  const names = ['capacitor-00ff.tmp', 'capacitor-notes.txt'];
  for (const name of names) await writeFile(join(temporary.path, name), '');
  await age(temporary.path, 1);
  await writeFile(join(temporary.path, 'capacitor-11ff.tmp'), '');

  await sweepTemporaryUploads(temporary.path);

  expect((await readdir(temporary.path)).toSorted()).toEqual(['capacitor-11ff.tmp', 'capacitor-notes.txt']);
});
