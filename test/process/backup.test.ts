import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTemporaryFolder, type TemporaryFolder } from '../support/files/temporary-folder.ts';
import { createWav } from '../support/files/wav.ts';
import { chat, collect } from '../support/gateway/chat.ts';
import { startTestGateway } from '../support/gateway/gateway.ts';
import { switchyard } from '../support/process/switchyard.ts';

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await openTemporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

const wave = createWav({ seconds: 1 });
const pathOf = (name: string) => join(folder.path, name);
const messages = '{ sessions { nodes { title messages { nodes { content audio { url } } } } } }';

test('a backup that is made while the gateway writes holds all that was acknowledged before, with its recordings', async () => {
  const recording = new Blob([new Uint8Array(wave)], { type: 'audio/wav' });
  let before: unknown;
  {
    await using gateway = await startTestGateway({ dataDir: pathOf('first') });
    const sessionId = await gateway.createSession({ title: 'Kept' });
    await collect(chat(gateway.client(), { sessionId, prompt: 'Count to 3.' }));
    const form = new FormData();
    form.set('file', recording, 'note.wav');
    expect((await gateway.rest('/sessions/messages/1/audio', { method: 'POST', body: form })).status).toBe(
      200,
    );
    before = await gateway.query(messages);
    const busy = await gateway.createSession({ title: 'Busy' });
    const writing = collect(chat(gateway.client(), { sessionId: busy, prompt: 'Write 200 words.' }));
    const made = await switchyard({ DATA_DIR: pathOf('first') }, 'backup', pathOf('backup'));
    expect(made).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('1 stored file ') });
    await writing;
    const again = await switchyard({ DATA_DIR: pathOf('first') }, 'backup', pathOf('backup'));
    expect(again.stderr).toContain('0 stored files (0 bytes)');
    expect(again.stderr).toContain('Left 1 file that had been there before.');
  }
  expect((await readdir(pathOf('backup'))).toSorted()).toEqual(['blobs', 'switchyard.db']);

  const restored = await switchyard({ DATA_DIR: pathOf('second') }, 'restore', pathOf('backup'));
  expect(restored).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('1 stored file, and checked them.'),
  });
  await using gateway = await startTestGateway({ dataDir: pathOf('second') });
  expect(await gateway.query(messages)).toMatchObject({
    sessions: {
      nodes: expect.arrayContaining((before as { sessions: { nodes: unknown[] } }).sessions.nodes),
    },
  });
  const audio = await gateway.rest('/sessions/messages/1/audio');
  expect(Buffer.from(await audio.arrayBuffer())).toEqual(wave);
  const running = await switchyard({ DATA_DIR: pathOf('second') }, 'restore', pathOf('backup'));
  expect(running).toMatchObject({ code: 1, stderr: expect.stringContaining('already: move it away') });
});

test('a backup does not replace the database of the gateway, and a restored one takes no changes of another', async () => {
  const first = { DATA_DIR: pathOf('first') };
  await symlink(pathOf('first'), pathOf('alias'));
  for (const name of ['first', 'alias']) {
    expect(await switchyard(first, 'backup', pathOf(name))).toMatchObject({
      code: 1,
      stderr: `The folder ${pathOf(name)} is that of the gateway: name another one for the backup.\n`,
    });
  }
  await mkdir(pathOf('moved'));
  const leftover = pathOf('moved/switchyard.db-wal');
  await writeFile(leftover, 'changes of a database that was moved away');
  expect(await switchyard({ DATA_DIR: pathOf('moved') }, 'restore', pathOf('backup'))).toMatchObject({
    code: 1,
    stderr: `${leftover} belongs to a database that is not there any more: move it away, too.\n`,
  });
  expect(await readdir(pathOf('moved'))).toEqual(['switchyard.db-wal']);
});

test('a damaged recording and a damaged database are found, and nothing is restored from them', async () => {
  const [blobs = ''] = (await readdir(pathOf('backup/blobs'))).filter((name) => name.length === 2);
  const [key = ''] = await readdir(pathOf(`backup/blobs/${blobs}`));
  await writeFile(pathOf(`backup/blobs/${blobs}/${key}`), 'no sound');
  const third = { DATA_DIR: pathOf('third') };
  expect(await switchyard(third, 'restore', pathOf('backup'))).toMatchObject({
    code: 1,
    stderr: `The backup is damaged: the bytes of ${key} are not those that were stored.\n`,
  });
  expect(await readdir(pathOf('third'))).not.toContain('switchyard.db');
  // A device never ends. It is no stored file, and so the recording is missing.
  await rm(pathOf(`backup/blobs/${blobs}/${key}`));
  await symlink('/dev/zero', pathOf(`backup/blobs/${blobs}/${key}`));
  expect(await switchyard({ DATA_DIR: pathOf('fourth') }, 'restore', pathOf('backup'))).toMatchObject({
    code: 0,
    stderr: expect.stringContaining(`1 stored files that the database names are missing: ${key}.`),
  });
  await writeFile(pathOf('backup/switchyard.db'), '');
  expect(await switchyard(third, 'restore', pathOf('backup'))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is empty: it is no backup of a gateway'),
  });
  await writeFile(pathOf('backup/switchyard.db'), 'no database');
  expect(await switchyard(third, 'restore', pathOf('backup'))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('cannot be read: the file is not an SQLite database'),
  });
});

test('what cannot be backed up or restored is refused with a sentence', async () => {
  const none = await switchyard({ DATA_DIR: pathOf('none') }, 'backup', pathOf('other'));
  expect(none).toMatchObject({
    code: 1,
    stderr: `There is no database ${pathOf('none')}/switchyard.db to back up.\n`,
  });
  const empty = await switchyard({ DATA_DIR: pathOf('none') }, 'restore', folder.path);
  expect(empty).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no backup in') });
  const server = { DATABASE_URL: 'postgresql://user:secret@localhost/x' };
  const refused = await switchyard(server, 'backup', pathOf('other'));
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('pg_dump') });
  expect(refused.stderr).not.toContain('secret');
});
