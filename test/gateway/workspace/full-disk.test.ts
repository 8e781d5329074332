import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { openTemporaryFolder } from '../../support/files/temporary-folder.ts';
import { fillDisk, makeRoom } from '../../support/gateway/full-disk.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { usesPostgres } from '../../support/gateway/postgres-database.ts';
import { fileOf, openWorkspace, type Replica } from '../../support/workspace/replica-client.ts';

const folder = await openTemporaryFolder();
const isMounted = mountSmallDisk();

/** Returns false without the right to mount: then there is no disk to fill, and the test is skipped. */
function mountSmallDisk(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder.path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

afterAll(async () => {
  if (isMounted) execFileSync('umount', [folder.path]);
  await folder[Symbol.asyncDispose]();
});

test.runIf(isMounted)(
  'while the disk for contents is full, packs are refused with 507, and later taken',
  async () => {
    await using gateway = await startTestGateway({ settings: { BLOB_URL: `file:${folder.path}` } });
    const { replicas } = await openWorkspace(gateway);
    const laptop = replicas[0] as Replica;
    const { chunks } = fileOf('large', randomBytes(3_000_000));
    const refused = await laptop.send(chunks);
    expect([refused.status, JSON.parse(await refused.text()).code]).toEqual([507, 'INSUFFICIENT_STORAGE']);
    expect(await laptop.missing(chunks.map(({ sha256 }) => sha256))).toHaveLength(1);
    expect((await laptop.put('small', 'small')).outcome).toMatchObject({ outcome: 'stored' });
    expect(await laptop.text('small')).toBe('small');
  },
);

test.skipIf(usesPostgres)(
  'while the disk of the database is full, changes are refused with 507, and later taken',
  async () => {
    await using gateway = await startTestGateway();
    const { replicas } = await openWorkspace(gateway);
    const laptop = replicas[0] as Replica;
    const files = Array.from({ length: 500 }, (_, n) => fileOf(`file-${n}`, 'the same'));
    await laptop.send(files[0]?.chunks ?? []);
    const changes = files.map(({ entry }) => ({ path: entry.path, base: null, entry }));
    await fillDisk(gateway.services);
    const refused = await laptop.post('changes', { changes });
    expect([refused.status, JSON.parse(await refused.text()).code]).toEqual([507, 'INSUFFICIENT_STORAGE']);
    expect(await laptop.paths()).toEqual([]);
    await makeRoom(gateway.services);
    expect((await laptop.change(changes)).revision).toBe(1);
    expect(await laptop.paths()).toHaveLength(500);
  },
);
