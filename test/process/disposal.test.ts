import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text as readText } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { openTemporaryFolder } from '../support/files/temporary-folder.ts';
import { builtScript } from '../support/suite/built.ts';

test('disposed gateways leave no handle open in their process', async ({ signal }) => {
  await using folder = await openTemporaryFolder();
  const child = spawn(process.execPath, [builtScript('disposed-gateways'), folder.path], {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  // The child does not exit by itself. Node.js ends it when no handle is open any more.
  const [stdout, stderr] = await Promise.all([
    readText(child.stdout),
    readText(child.stderr),
    once(child, 'exit'),
  ]);
  expect(stderr).toBe('');
  const { lastEvent, openResources } = JSON.parse(stdout);
  expect(lastEvent).toBe('RunCompleted');
  // A timer would delay the exit of the process.
  expect(openResources).not.toContain('Timeout');
});
