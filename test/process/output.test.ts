import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import { expect, test } from 'vitest';
import { gatewayApi } from '../support/gateway/gateway-api.ts';
import { openMigratedFolder } from '../support/gateway/migrated-folder.ts';
import { unusedPort } from '../support/http/unused-port.ts';
import { programFile } from '../support/suite/built.ts';

/** @param stdout A file descriptor, or a pipe that is not read. */
async function startGateway(stdout: number | 'pipe') {
  const folder = await openMigratedFolder();
  const port = await unusedPort();
  const env = { PORT: String(port), DATA_DIR: folder.path, DEMO_DELAY_MS: '0', SHUTDOWN_GRACE_MS: '0' };
  const child = spawn(process.execPath, [programFile], {
    cwd: '/',
    env,
    stdio: ['ignore', stdout, 'ignore'],
  });
  const exited = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const isLive = () => fetch(`${url}/health/live`).then(({ status }) => status, String);
  await expect.poll(isLive, { timeout: 30_000 }).toBe(200);
  return {
    child,
    exited,
    url,
    ...gatewayApi(url),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Sends requests until their log lines fill every buffer of a pipe. */
async function fillPipe(url: string): Promise<void> {
  for (let count = 0; count < 100; count += 1) {
    const path = `${url}/nothing/${'x'.repeat(4_000)}`;
    const responses = await Promise.all([1, 2, 3, 4].map(() => fetch(path)));
    expect(responses.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
  }
}

test('a gateway serves and stops while nobody reads its standard output', async () => {
  await using gateway = await startGateway('pipe');
  await fillPipe(gateway.url);
  await gateway.createSession();
  gateway.child.kill('SIGTERM');
  expect(await gateway.exited).toEqual([0, null]);
});

test('a gateway serves and stops after the reader of its standard output has gone', async () => {
  await using gateway = await startGateway('pipe');
  gateway.child.stdout?.destroy();
  await gateway.createSession();
  gateway.child.kill('SIGTERM');
  expect(await gateway.exited).toEqual([0, null]);
});

test.runIf(existsSync('/dev/full'))(
  'a gateway starts, serves and stops while the disk of its log is full',
  async () => {
    await using gateway = await startGateway(openSync('/dev/full', 'w'));
    await gateway.createSession();
    gateway.child.kill('SIGTERM');
    expect(await gateway.exited).toEqual([0, null]);
  },
);
