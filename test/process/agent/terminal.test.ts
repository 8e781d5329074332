import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { openMachine } from '../../support/process/agent-laptop.ts';
import { programFile } from '../../support/suite/built.ts';

/** Whether `script` of util-linux is here, which runs a program on a terminal. */
const hasTerminals = spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0;

test.runIf(process.platform === 'linux' && hasTerminals)(
  'an agent on a terminal that a person has stopped goes on, and ends after SIGTERM',
  async () => {
    let asked = 0;
    const gateway = createServer((_request, response) => {
      asked += 1;
      response.writeHead(500).end('{}');
    }).listen(0, '127.0.0.1');
    await once(gateway, 'listening');
    await using machine = await openMachine();
    const url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
    const command = `echo pid=$$; exec '${process.execPath}' '${programFile}' agent --gateway ${url} --workspace '${machine.workspace}'`;
    const terminal = spawn('script', ['-qec', command, '/dev/null'], {
      env: { PATH: process.env['PATH'], SHELL: '/bin/sh', SWITCHYARD_TOKEN: 'swn_x' },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const exited = once(terminal, 'exit');
    let shown = '';
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
    });
    try {
      await expect.poll(() => shown, { timeout: 20_000 }).toContain('offline:');
      terminal.stdin.write('\u0013');
      const before = asked;
      await expect.poll(() => asked, { timeout: 20_000 }).toBeGreaterThan(before + 3);

      process.kill(Number(/pid=(\d+)/.exec(shown)?.[1]), 'SIGTERM');

      await exited;
    } finally {
      terminal.kill('SIGKILL');
      gateway.close();
    }
  },
);
