import { expect, test } from 'vitest';
import { openTemporaryFolder } from '../support/files/temporary-folder.ts';
import { chat, collect } from '../support/gateway/chat.ts';
import { startGatewayProcess } from '../support/process/gateway-process.ts';

/**
 * A module for `--import`: prints the processor time of each long turn of the event loop, in milliseconds, and at the end
 * how many modules of OpenTelemetry were loaded.
 */
const printTurns = `data:text/javascript,${encodeURIComponent(`
  import { createRequire } from 'node:module';
  let before = process.cpuUsage();
  setInterval(() => {
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    if (user + system > 50_000) process.stderr.write('turn: ' + (user + system) / 1_000 + '\\n');
  }, 2).unref();
  const loaded = createRequire('file:///').cache;
  process.on('exit', () => {
    const traces = Object.keys(loaded).filter((path) => path.includes('@opentelemetry'));
    process.stderr.write('modules for traces: ' + traces.length + '\\n');
  });
`)}`;

test('the first prompt of a process holds the event loop for less than 50 ms, and without traces nothing is loaded for them', async () => {
  await using folder = await openTemporaryFolder();
  await using gateway = await startGatewayProcess({
    DATA_DIR: folder.path,
    NODE_OPTIONS: `--import "${printTurns}"`,
  });
  const sessionId = await gateway.createSession();
  expect(gateway.stderr).toContain('turn: ');
  const atStart = gateway.stderr;
  await collect(chat(gateway.client(), { sessionId, prompt: 'Count to 3.' }));
  expect(gateway.stderr.slice(atStart.length)).toBe('');
  gateway.kill('SIGTERM');
  await gateway.exited;
  expect(gateway.stderr).toMatch(/^modules for traces: 0$/m);
});
