import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { readPage, snippets } from '../../support/files/readme.ts';
import { openTemporaryFolder } from '../../support/files/temporary-folder.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { openTestTools } from '../../support/node/agent-tools.ts';
import { connectionOf } from '../../support/node/nodes.ts';
import { programFile } from '../../support/suite/built.ts';

const program = `"${process.execPath}" "${programFile}"`;

test('the three steps of the README start a gateway session whose model runs a command on a node', async () => {
  await using folder = await openTemporaryFolder();
  const data = join(folder.path, 'data');
  await using gateway = await startTestGateway({ dataDir: data });
  const cwd = join(folder.path, 'gateway');
  await mkdir(cwd);
  await writeFile(join(cwd, 'README.md'), '');
  // The command that registers the node writes into the gateway's own database.
  await writeFile(join(cwd, '.env'), `DATA_DIR=${data}\n`);
  const step = (start: string) => {
    const script = snippets('sh').find((snippet) => snippet.startsWith(start)) ?? '';
    return script
      .replaceAll('http://localhost:8000', gateway.url)
      .replaceAll('node dist/main.js', `exec ${program}`);
  };

  const agent = spawn('sh', ['-c', step('export SWITCHYARD_TOKEN=')], { cwd });
  try {
    await expect
      .poll(() => connectionOf(gateway, 'laptop').catch(() => 'none'), { timeout: 20_000 })
      .toBe('ONLINE');
    const { stdout } = await promisify(execFile)('sh', ['-c', step('SESSION=')], { cwd });

    expect(stdout).toMatch(/"type":"tool_output"[^\n]*README\.md/);
    expect(stdout).toMatch(/"type":"finish"/);
  } finally {
    agent.kill('SIGTERM');
    await once(agent, 'exit');
  }
});

test('the policy in the README of the agent is valid', async () => {
  const [policy = ''] = snippets('yaml', readPage('src/agent/README.md'));
  await using tools = await openTestTools({ policy });
  expect(tools.capabilities).not.toContain('write_file');
});
