import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createMessage } from '../../support/files/recording.ts';
import { openTemporaryFolder } from '../../support/files/temporary-folder.ts';
import { fileForm, memo, sha256Of, uploadByRest } from '../../support/gateway/audio-upload.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';

/** The modes of all files in a folder, by their names. */
function modesIn(path: string): Record<string, string> {
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ name, parentPath }) => [name, (statSync(join(parentPath, name)).mode & 0o777).toString(8)]),
  );
}

test('files that a gateway creates in a shared folder are readable by its own user only', async () => {
  await using folder = await openTemporaryFolder();
  chmodSync(folder.path, 0o755);
  await using gateway = await startTestGateway({ dataDir: folder.path });
  expect((await uploadByRest(gateway, await createMessage(gateway), fileForm(memo))).status).toBe(200);

  const modes = modesIn(folder.path);
  const names = ['gateway.lock', 'switchyard.db', 'switchyard.db-shm', 'switchyard.db-wal', sha256Of(memo)];
  expect(Object.keys(modes)).toEqual(expect.arrayContaining(names));
  expect(new Set(Object.values(modes))).toEqual(new Set(['600']));
});

test('existing files keep the mode that their owner gave them', async () => {
  await using folder = await openTemporaryFolder();
  for (const name of ['switchyard.db', 'gateway.lock']) {
    writeFileSync(join(folder.path, name), '');
    chmodSync(join(folder.path, name), 0o640);
  }
  await using _gateway = await startTestGateway({ dataDir: folder.path });
  expect(modesIn(folder.path)).toMatchObject({
    'gateway.lock': '640',
    'switchyard.db': '640',
    'switchyard.db-wal': '640',
  });
});
