import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createMemoryBus } from '../../../src/bus/memory/memory-bus.ts';
import { createMemoryLog } from '../../../src/bus/memory/memory-log.ts';
import { holdUnowned } from '../../../src/chat/log/run-hold.ts';
import { type RunLog, RunWriter } from '../../../src/chat/log/run-writer.ts';
import { executeCall } from '../../../src/chat/tool-calls/execute-call.ts';
import { noUsage } from '../../../src/chat/usage/usage.ts';
import type { PlannedCall, ToolOutcome } from '../../../src/tools/tool-runner.ts';

const run = { id: 1, assistantMessageId: 2, fence: 1 };
const planned = { ok: true, nodeId: null, dispatchId: null, needsApproval: false } as const;

/** Executes a call whose run is cancelled already. */
async function executeCancelled(play: PlannedCall['run'], isStarted: boolean): Promise<ToolOutcome> {
  const log: RunLog = createMemoryLog();
  const usage = noUsage({ providerName: 'demo', modelName: 'demo' });
  const writer = new RunWriter(run, usage, { log, bus: createMemoryBus(), hold: holdUnowned(run) });
  const signal = AbortSignal.abort();
  const options = { writer, toolStopMs: 50, log: pino({ level: 'silent' }), signal };
  return await executeCall('a', { ...planned, isStarted, run: play }, options);
}

test('a call of a cancelled run that was never started is not started', async () => {
  const never = () => Promise.reject(new Error('started'));
  expect(await executeCancelled(never, false)).toMatchObject({ status: 'CANCELLED', stopped: true });
});

test('a call that was started before its run was cancelled is stopped, and ends as its tool says', async () => {
  const stopped = { status: 'CANCELLED', result: 'Stopped half way.', stopped: true } as const;
  const stop = async (_: unknown, signal: AbortSignal) => (signal.aborted ? stopped : never());
  expect(await executeCancelled(stop, true)).toEqual(stopped);
});

test('a call that was started, and whose tool does not stop, may still run', async () => {
  expect(await executeCancelled(never, true)).toMatchObject({ status: 'CANCELLED', stopped: false });
});

function never(): Promise<never> {
  return new Promise(() => undefined);
}
