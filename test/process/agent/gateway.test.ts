import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chat, collect, follow, until } from '../../support/gateway/chat.ts';
import type { GatewayApi } from '../../support/gateway/gateway-api.ts';
import { unusedPort } from '../../support/http/unused-port.ts';
import { text } from '../../support/model/turn.ts';
import { callTools, endsOf, run, untilGo } from '../../support/node/agent-calls.ts';
import { createNodeSession, registerNode } from '../../support/node/nodes.ts';
import { openMachine } from '../../support/process/agent-laptop.ts';
import { startAgent } from '../../support/process/agent-process.ts';
import { processEnded } from '../../support/process/process-state.ts';
import { startScriptedProcess } from '../../support/process/scripted-process.ts';

// Three programs start, one after the other.
const slow = { timeout: 90_000 };

/** A gateway in a process of its own, that keeps its address, and a laptop at work for it. */
async function startLaptop(command: string, settings: Record<string, string> = {}) {
  const machine = await openMachine();
  const gateway = await startScriptedProcess({ PORT: String(await unusedPort()), ...settings });
  const token = await registerNode(gateway, 'laptop');
  const agent = await startAgent(gateway.url, { token, ...machine });
  const sessionId = await createNodeSession(gateway, ['laptop']);
  gateway.model.script([run(command)]);
  const seen = await until(chat(gateway.client(), { sessionId, prompt: 'Work' }), 'ToolOutputDelta');
  return {
    gateway,
    agent,
    sessionId,
    runId: seen[0]?.runId ?? '',
    printed: seen.at(-1)?.text,
    log: () => readFile(join(machine.workspace, 'log'), 'utf8'),
    go: () => writeFile(join(machine.workspace, 'go'), ''),
    async [Symbol.asyncDispose]() {
      await agent[Symbol.asyncDispose]();
      await gateway[Symbol.asyncDispose]();
      await machine[Symbol.asyncDispose]();
    },
  };
}

async function stored(gateway: GatewayApi, id: string) {
  const query = `query ($id: ID!) { run(id: $id) {
    status error { code } assistantMessage { status toolCalls { status result exitCode stopped } }
  } }`;
  return (await gateway.query(query, { id })).run;
}

test(
  'a gateway that was killed while a command ran ends the run, and the laptop the command',
  slow,
  async () => {
    await using laptop = await startLaptop('echo once >> log; echo $$; exec sleep 600');
    const { gateway, agent, sessionId, runId, printed } = laptop;

    gateway.kill('SIGKILL');
    await gateway.exited;
    await using next = await gateway.restart();

    await agent.printed('online: node', 2);
    await processEnded(Number(printed));
    await expect
      .poll(() => stored(next, runId), { timeout: 20_000 })
      .toEqual({
        status: 'FAILED',
        error: { code: 'INTERRUPTED' },
        assistantMessage: {
          status: 'INTERRUPTED',
          toolCalls: [
            {
              status: 'CANCELLED',
              stopped: true,
              exitCode: null,
              result: `${printed}[The command was cancelled.]`,
            },
          ],
        },
      });
    const again = { ...next, url: next.url, model: gateway.model };
    expect(await callTools(again, sessionId, run('echo again', 'again'))).toMatchObject({
      again: { result: 'again\n' },
    });
    expect(await laptop.log()).toBe('once\n');
  },
);

test(
  'the result of a command that ended while the gateway was down is kept by the next gateway',
  slow,
  async () => {
    await using laptop = await startLaptop(`echo once >> log; ${untilGo}`);
    const { gateway, agent, runId } = laptop;

    gateway.kill('SIGKILL');
    await gateway.exited;
    await laptop.go();
    await agent.printed('→ exit 0');
    await using next = await gateway.restart();

    await agent.printed('online: node', 2);
    await expect
      .poll(async () => (await stored(next, runId)).assistantMessage.toolCalls, { timeout: 20_000 })
      .toEqual([{ status: 'SUCCEEDED', stopped: null, exitCode: 0, result: 'ready\n' }]);
    expect(await laptop.log()).toBe('once\n');
  },
);

test(
  'a gateway that is told to stop lets a command end, and the laptop goes to the next one',
  slow,
  async () => {
    await using laptop = await startLaptop(`echo once >> log; ${untilGo}`, { SHUTDOWN_GRACE_MS: '60000' });
    const { gateway, agent, sessionId, runId } = laptop;
    gateway.model.script([text('Done.')]);
    const seen = collect(follow(gateway.client(), runId));

    gateway.kill('SIGTERM');
    await gateway.logged('closing: live runs');
    await laptop.go();

    const all = await seen;
    expect(endsOf(all)).toMatchObject({ a: { status: 'SUCCEEDED', result: 'ready\n' } });
    expect(all.at(-1)?.__typename).toBe('RunCompleted');
    expect(await gateway.exited).toEqual({ code: 0, signal: null });
    await agent.printed('offline: The gateway is shutting down.');
    await using next = await gateway.restart();
    await agent.printed('online: node', 2);
    const again = { ...next, url: next.url, model: gateway.model };
    expect(await callTools(again, sessionId, run('cat log', 'log'))).toMatchObject({
      log: { result: 'once\n' },
    });
  },
);
