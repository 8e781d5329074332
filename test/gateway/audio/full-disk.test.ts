import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { createMessage } from '../../support/files/recording.ts';
import { tryUpload } from '../../support/gateway/attachments.ts';
import {
  expectNothingStored,
  fileForm,
  graphqlForm,
  memo,
  temporaryUploads,
  uploadByGraphQL,
  uploadByRest,
} from '../../support/gateway/audio-upload.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { openMigratedFolder } from '../../support/gateway/migrated-folder.ts';

const folder = await openMigratedFolder();
const small = join(folder.path, 'blobs');
const isMounted = mountSmallDisk();

/** Returns false without the right to mount: then there is no disk to fill, and the tests are skipped. */
function mountSmallDisk(): boolean {
  try {
    execFileSync('mkdir', [small]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

afterAll(async () => {
  vi.unstubAllEnvs();
  if (isMounted) execFileSync('umount', [small]);
  await folder[Symbol.asyncDispose]();
});

const large = Buffer.concat([memo, Buffer.alloc(3_000_000)]);

test.runIf(isMounted)(
  'a recording that does not fit on the disk is refused, and nothing of it is kept',
  async () => {
    await using gateway = await startTestGateway({ dataDir: folder.path });
    const messageId = await createMessage(gateway);
    const before = await temporaryUploads();

    const rest = await uploadByRest(gateway, messageId, fileForm(large));
    expect([rest.status, await rest.json()]).toEqual([
      507,
      { detail: 'There is no room left for this file.' },
    ]);
    const graphql = await uploadByGraphQL(gateway, graphqlForm(messageId, large));
    expect([graphql.status, graphql.json.errors?.[0]?.extensions['code']]).toEqual([
      507,
      'INSUFFICIENT_STORAGE',
    ]);

    const sessionId = await gateway.createSession();
    const attachment = await tryUpload(gateway, sessionId, { bytes: large });
    expect([attachment.status, attachment.errors?.[0]?.message]).toEqual([
      507,
      'There is no room left for this file.',
    ]);

    await expectNothingStored(gateway, folder.path);
    await expect.poll(() => temporaryUploads()).toBeLessThanOrEqual(before);
    expect((await uploadByRest(gateway, messageId, fileForm(memo))).status).toBe(200);
  },
);

test.runIf(isMounted)(
  'a recording that does not fit into the temporary folder is refused, and nothing of it is kept',
  async () => {
    await using data = await openMigratedFolder();
    await using gateway = await startTestGateway({ dataDir: data.path });
    const messageId = await createMessage(gateway);
    vi.stubEnv('TMPDIR', small);

    const { status, json } = await uploadByGraphQL(gateway, graphqlForm(messageId, large));

    expect([status, json.errors?.[0]?.extensions['code']]).toEqual([507, 'INSUFFICIENT_STORAGE']);
    await expectNothingStored(gateway, data.path);
    await expect.poll(() => temporaryUploads(small)).toBe(0);
  },
);
