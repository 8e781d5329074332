import { expect, test } from 'vitest';
import { chat, collect, until } from '../../support/gateway/chat.ts';
import { unusedPort } from '../../support/http/unused-port.ts';
import { text, toolCall } from '../../support/model/turn.ts';
import { createNodeSession, registerNode } from '../../support/node/nodes.ts';
import { openMachine } from '../../support/process/agent-laptop.ts';
import { startAgent } from '../../support/process/agent-process.ts';
import { processEnded } from '../../support/process/process-state.ts';
import { startScriptedProcess } from '../../support/process/scripted-process.ts';

const run = (command: string) => toolCall('a', 'run_command', { command });

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'an agent outlives its gateway (%s): it stops what nobody waits for, and works on with the next one',
  // Three programs start, one after the other.
  { timeout: 60_000 },
  async (signal) => {
    await using machine = await openMachine();
    await using gateway = await startScriptedProcess({
      PORT: String(await unusedPort()),
      SHUTDOWN_GRACE_MS: '0',
    });
    const token = await registerNode(gateway, 'laptop');
    await using agent = await startAgent(gateway.url, { token, ...machine });
    const sessionId = await createNodeSession(gateway, ['laptop']);
    gateway.model.script([run('echo $$; exec sleep 600')]);
    const seen = await until(chat(gateway.client(), { sessionId, prompt: 'Work' }), 'ToolOutputDelta');
    const pid = Number(seen.at(-1)?.text);

    gateway.kill(signal);
    await gateway.exited;
    await agent.printed('offline: ');
    await using next = await gateway.restart();

    await processEnded(pid);
    await agent.printed('online: node', 2);
    gateway.model.script([run('echo again')], [text('Done.')]);
    const again = await collect(chat(next.client(), { sessionId, prompt: 'Again' }));
    expect(again).toContainEqual(
      expect.objectContaining({ __typename: 'ToolCallFinished', status: 'SUCCEEDED', result: 'again\n' }),
    );
  },
);
