import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../../support/gateway/chat.ts';
import { text } from '../../support/model/turn.ts';
import { endsOf, run } from '../../support/node/agent-calls.ts';
import { type Laptop, startLaptop } from '../../support/process/agent-laptop.ts';
import { startAgent } from '../../support/process/agent-process.ts';
import { processEnded } from '../../support/process/process-state.ts';

/** Adds a line to a file at its start, and runs until it is stopped. */
const endless = 'echo begun >> log; sleep 600 & echo $!; wait';

/** Makes two tool calls; the first one runs when this returns. */
async function startTwo(laptop: Laptop): Promise<{ pid: number; runId: string }> {
  laptop.gateway.model.script([run(endless, 'a'), run('echo begun >> log-b', 'b')], [text('Oh.')]);
  const seen = await until(await laptop.ask(), 'ToolOutputDelta');
  return { pid: Number(seen.at(-1)?.text), runId: seen.at(-1)?.runId ?? '' };
}

function read({ machine }: Laptop, file: string): Promise<string> {
  return readFile(join(machine.workspace, file), 'utf8').catch(() => 'never');
}

test('the tool call of a killed agent fails after the grace time, and the queued tool calls never run', async () => {
  await using laptop = await startLaptop({ maxDispatches: 1, settings: { NODE_GRACE_MS: '300' } });
  const { pid, runId } = await startTwo(laptop);

  laptop.agent.kill('SIGKILL');

  const seen = await laptop.follow(runId);
  expect(endsOf(seen)).toMatchObject({
    a: { status: 'FAILED', errorCode: 'NODE_OFFLINE', result: expect.stringContaining('not known') },
    b: {
      status: 'FAILED',
      errorCode: 'NODE_OFFLINE',
      result: expect.stringContaining('Nothing was started'),
    },
  });
  expect(seen.at(-1)?.__typename).toBe('RunCompleted');
  await processEnded(pid);
  expect([await read(laptop, 'log'), await read(laptop, 'log-b')]).toEqual(['begun\n', 'never']);
});

test('a restarted agent does not repeat tool calls that had started, and runs those that had not', async () => {
  await using laptop = await startLaptop({ maxDispatches: 1 });
  const { gateway, token, machine } = laptop;
  const { pid, runId } = await startTwo(laptop);

  laptop.agent.kill('SIGKILL');
  await using _again = await startAgent(gateway.url, { token, ...machine, maxDispatches: 1 });

  expect(endsOf(await laptop.follow(runId))).toMatchObject({
    a: { status: 'FAILED', errorCode: 'NODE_OFFLINE', result: expect.stringContaining('started anew') },
    b: { status: 'SUCCEEDED' },
  });
  await processEnded(pid);
  expect([await read(laptop, 'log'), await read(laptop, 'log-b')]).toEqual(['begun\n', 'begun\n']);
});

test.each([
  ['its token is replaced', 'TOKEN_REVOKED', 'The token of this node was replaced'],
  ['another agent takes over', 'TAKEN_OVER', 'The agent of the node was started anew'],
])('an agent stops what it runs when %s', async (_when, reason, told) => {
  await using laptop = await startLaptop();
  const { gateway, token, machine, agent } = laptop;
  const { pid, runId } = await startTwo(laptop);
  const rotate = 'mutation { rotateNodeToken(nodeId: "laptop") { token } }';

  await using _other =
    reason === 'TAKEN_OVER' ? await startAgent(gateway.url, { token, ...machine }) : undefined;
  if (reason === 'TOKEN_REVOKED') await gateway.query(rotate);

  expect(await agent.exited).toEqual({ code: 77, signal: null });
  expect(agent.stderr).toContain(`(${reason})`);
  await processEnded(pid);
  expect(endsOf(await laptop.follow(runId))['a']).toMatchObject({
    status: 'FAILED',
    errorCode: 'NODE_OFFLINE',
    result: expect.stringContaining(told),
  });
  expect(await read(laptop, 'log')).toBe('begun\n');
});
