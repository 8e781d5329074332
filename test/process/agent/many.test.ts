import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { runAgent } from '../../../src/agent/agent.ts';
import { startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { callTools, run } from '../../support/node/agent-calls.ts';
import { createNodeSession, registerNode } from '../../support/node/nodes.ts';
import { type Machine, openMachine } from '../../support/process/agent-laptop.ts';
import { startAgent } from '../../support/process/agent-process.ts';

const nodeIds = Array.from({ length: 50 }, (_, index) => `node-${index}`);
/** How many of the agents run in processes of their own. The others run in the process of the test. */
const ownProcesses = 5;

/** Starts an agent in this process. */
async function startAgentHere(gateway: string, token: string, machine: Machine): Promise<AsyncDisposable> {
  const stop = new AbortController();
  const printed: string[] = [];
  const print = (line: string) => printed.push(line);
  const more = { maxDispatches: 4, name: 'here', version: 'test', env: process.env, print };
  const ended = runAgent({ gateway, token, ...machine, ...more }, stop.signal);
  await vi.waitUntil(() => printed.some((line) => line.startsWith('online')), { timeout: 60_000 });
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await ended;
    },
  };
}

test('fifty nodes of one session run fifty commands at the same time', {
  timeout: 300_000,
}, async () => {
  // Fifty shells at once keep a small machine busy, so no time limit may end a dispatch or a connection.
  const settings = { DISPATCH_ACK_MS: '60000', NODE_HEARTBEAT_MS: '60000' };
  await using gateway = await startScriptedGateway({ settings });
  await using machine = await openMachine();
  const agents = await Promise.all(
    nodeIds.map(async (nodeId, index) => {
      const token = await registerNode(gateway, nodeId);
      return index < ownProcesses
        ? startAgent(gateway.url, { token, ...machine })
        : startAgentHere(gateway.url, token, machine);
    }),
  );
  try {
    const sessionId = await createNodeSession(gateway, nodeIds);
    await mkdir(join(machine.workspace, 'begun'));
    // No command ends before all have begun.
    const meet = 'until [ $(ls begun | wc -l) = 50 ]; do sleep 2; done';
    const calls = nodeIds.map((node) => run(`touch begun/${node}; ${meet}; echo ${node}`, node, { node }));

    const ends = await callTools(gateway, sessionId, ...calls);

    expect(await readdir(join(machine.workspace, 'begun'))).toHaveLength(50);
    expect(Object.fromEntries(nodeIds.map((id) => [id, ends[id]?.['result']]))).toEqual(
      Object.fromEntries(nodeIds.map((id) => [id, `${id}\n`])),
    );
  } finally {
    await Promise.all(agents.map((agent) => agent[Symbol.asyncDispose]()));
  }
});
