import { execFileSync } from 'node:child_process';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ImportFiles } from '../../../src/commands/portable/import-files.ts';
import { openTemporaryFolder } from '../../support/files/temporary-folder.ts';
import { sha256Of } from '../../support/gateway/audio-upload.ts';

test('a file of an export is a regular file with the size and the hash of its line, whatever else lies in its place', async () => {
  await using folder = await openTemporaryFolder();
  const bytes = Buffer.from('A note.');
  const key = sha256Of(bytes);
  const shard = join(folder.path, 'files', key.slice(0, 2));
  const path = join(shard, key);
  const problem = () =>
    new ImportFiles(folder.path).problemOf(key, bytes.length, new AbortController().signal);
  const expected = `the file files/${key.slice(0, 2)}/${key} of 7 bytes`;
  expect(await problem()).toBe(`${expected}, and there is no such file`);
  await mkdir(shard, { recursive: true });
  for (const make of [
    () => mkdir(path),
    () => symlink('/etc/passwd', path),
    // A pipe that nobody writes to would keep its reader for ever.
    async () => void execFileSync('mkfifo', [path]),
  ]) {
    await make();
    expect(await problem()).toBe(`${expected}, and it is no regular file`);
    await rm(path, { recursive: true });
  }
  await writeFile(path, 'A notes.');
  expect(await problem()).toBe(`${expected}, and it has 8`);
  await writeFile(path, 'A tone.');
  expect(await problem()).toBe(`${expected}, and its bytes have another SHA-256`);
  await writeFile(path, bytes);
  expect(await problem()).toBeUndefined();
});
