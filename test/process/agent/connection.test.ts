import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chat, until } from '../../support/gateway/chat.ts';
import { type Network, openNetwork } from '../../support/http/network.ts';
import { text } from '../../support/model/turn.ts';
import { callTools, endsOf, outputOf, run, untilGo } from '../../support/node/agent-calls.ts';
import { connectionOf, createNodeSession } from '../../support/node/nodes.ts';
import { type Laptop, startLaptop } from '../../support/process/agent-laptop.ts';

// The agent waits before it connects again, each time longer.
const slow = { timeout: 60_000 };

/** A laptop whose agent reaches the gateway over a network that the test can cut and freeze. */
async function startFarLaptop(settings: Record<string, string> = {}) {
  let network: Network | undefined;
  const through = async (url: string) => {
    network = await openNetwork(url);
    return network.url;
  };
  const laptop = await startLaptop({ settings, through });
  return {
    laptop,
    network: network as unknown as Network,
    async [Symbol.asyncDispose]() {
      await laptop[Symbol.asyncDispose]();
      await network?.[Symbol.asyncDispose]();
    },
  };
}

async function askForCommand({ gateway }: Laptop, command: string) {
  gateway.model.script([run(command)], [text('Done.')]);
  const sessionId = await createNodeSession(gateway, ['laptop']);
  return chat(gateway.client(), { sessionId, prompt: 'Work' });
}

test(
  'output that is sent over a network which breaks all the time is neither lost nor repeated',
  slow,
  async () => {
    await using far = await startFarLaptop();
    const { laptop, network } = far;
    const asked = await askForCommand(
      laptop,
      'echo once >> log; for i in $(seq 300); do echo $i; sleep 0.01; done; cat log',
    );

    const seen = [];
    for await (const event of asked) {
      seen.push(event);
      if (event.__typename === 'ToolOutputDelta') network.cut();
    }

    const printed = `${Array.from({ length: 300 }, (_, index) => `${index + 1}\n`).join('')}once\n`;
    expect(endsOf(seen)).toMatchObject({ a: { status: 'SUCCEEDED', result: printed, exitCode: 0 } });
    expect(outputOf(seen)).toBe(printed);
    expect(laptop.agent.stdout.split('online: node').length).toBeGreaterThan(2);
  },
);

test('a command that ends during an outage is reported when the connection works again', slow, async () => {
  await using far = await startFarLaptop({ NODE_HEARTBEAT_MS: '500' });
  const { laptop, network } = far;
  const { gateway, machine, agent } = laptop;
  const seen = await until(await askForCommand(laptop, untilGo), 'ToolOutputDelta', 'ready\n');

  network.freeze();
  await writeFile(join(machine.workspace, 'go'), '');
  await agent.printed('→ exit 0');
  await agent.printed('offline: The gateway does not answer heartbeats.');
  await expect.poll(() => connectionOf(gateway, 'laptop'), { timeout: 10_000 }).toBe('OFFLINE');
  network.thaw();

  expect(endsOf(await laptop.follow(seen[0]?.runId))).toMatchObject({
    a: { status: 'SUCCEEDED', result: 'ready\n' },
  });
  await expect.poll(() => connectionOf(gateway, 'laptop'), { timeout: 10_000 }).toBe('ONLINE');
  const sessionId = await createNodeSession(gateway, ['laptop']);
  expect(await callTools(gateway, sessionId, run('echo hi'))).toMatchObject({ a: { result: 'hi\n' } });
});

test('a tool call for a laptop that cannot be reached runs when the laptop is connected again', async () => {
  await using far = await startFarLaptop();
  const { laptop, network } = far;
  network.freeze();
  network.cut();
  await expect.poll(() => connectionOf(laptop.gateway, 'laptop')).toBe('OFFLINE');

  const asked = await askForCommand(laptop, 'echo once >> log; cat log');
  const seen = await until(asked, 'ToolCallStarted');
  network.thaw();

  expect(endsOf(await laptop.follow(seen[0]?.runId))).toMatchObject({ a: { result: 'once\n' } });
});
