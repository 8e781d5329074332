import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { claimDataDir } from '../../src/storage/sqlite/claim-data-dir.ts';
import { openTemporaryFolder } from '../support/files/temporary-folder.ts';
import { builtScript } from '../support/suite/built.ts';

test('a second gateway on the same folder is refused', async () => {
  await using folder = await openTemporaryFolder();
  using _claim = await claimDataDir(folder.path);
  await expect(claimDataDir(folder.path, { waitMs: 0 })).rejects.toMatchObject({
    name: 'StartupError',
    message: `Another gateway is using the data folder ${folder.path}: stop that gateway first, or set another DATA_DIR for this one.`,
  });
});

test('a gateway that starts while its predecessor is stopping waits for it', async () => {
  await using folder = await openTemporaryFolder();
  const predecessor = await claimDataDir(folder.path);
  const successor = claimDataDir(folder.path, { waitMs: 20_000 });
  predecessor[Symbol.dispose]();
  (await successor)[Symbol.dispose]();
});

test('gateways on different folders run side by side', async () => {
  await using folder = await openTemporaryFolder();
  using _alice = await claimDataDir(join(folder.path, 'alice'), { waitMs: 0 });
  using _bob = await claimDataDir(join(folder.path, 'bob'), { waitMs: 0 });
});

test('the folder of a killed gateway can be claimed again', async () => {
  await using folder = await openTemporaryFolder();
  const victim = fork(builtScript('database-process'), ['claim', folder.path], { execArgv: [] });
  await once(victim, 'message');
  await expect(claimDataDir(folder.path, { waitMs: 0 })).rejects.toThrow('Another gateway is using');
  victim.kill('SIGKILL');
  await once(victim, 'exit');
  using _claim = await claimDataDir(folder.path, { waitMs: 0 });
});

test('a folder that cannot be created is refused', async () => {
  await using folder = await openTemporaryFolder();
  writeFileSync(join(folder.path, 'file'), '');
  await expect(claimDataDir(join(folder.path, 'file', 'data'))).rejects.toMatchObject({
    name: 'StartupError',
    message: expect.stringMatching(/^The data folder .* cannot be used: ENOTDIR/),
  });
});
