import { expect, test } from 'vitest';
import { createMemoryBus } from '../../../src/bus/memory/memory-bus.ts';
import { createMemoryLog } from '../../../src/bus/memory/memory-log.ts';
import { DeltaWriter } from '../../../src/chat/log/delta-writer.ts';
import { holdUnowned } from '../../../src/chat/log/run-hold.ts';
import { type RunLog, RunWriter } from '../../../src/chat/log/run-writer.ts';
import { noUsage } from '../../../src/chat/usage/usage.ts';

/** A writer whose log accepts `accepted` entries and then fails, as a log on another machine can. */
function writeTo(accepted: number) {
  const memory: RunLog = createMemoryLog();
  let appends = 0;
  const append: RunLog['append'] = async (key, body) => {
    appends += 1;
    if (appends > accepted) throw new Error('the log is gone');
    return memory.append(key, body);
  };
  const run = { id: 1, assistantMessageId: 2, fence: 1 };
  const usage = noUsage({ providerName: 'demo', modelName: 'demo' });
  const writer = new RunWriter(run, usage, {
    log: { ...memory, append },
    bus: createMemoryBus(),
    hold: holdUnowned(run),
  });
  return { deltas: new DeltaWriter(writer), writer, appends: () => appends };
}

const delta = { type: 'TextDelta', text: 'x' } as const;
const singleDeltas = 2_000;

test('a log that fails while gathered text is written by the timer fails the next delta', async () => {
  const { deltas, appends } = writeTo(singleDeltas);
  for (let written = 0; written <= singleDeltas; written += 1) await deltas.write(delta);
  await expect.poll(appends).toBe(singleDeltas + 1);
  expect(() => deltas.write(delta)).toThrow('the log is gone');
});

test('a log that fails while gathered text is written by the timer fails the end of the response', async () => {
  const { deltas, appends } = writeTo(singleDeltas);
  for (let written = 0; written <= singleDeltas; written += 1) await deltas.write(delta);
  await expect.poll(appends).toBe(singleDeltas + 1);
  await expect(deltas.flush()).rejects.toThrow('the log is gone');
});

test('the end of a response waits for the text that the timer is writing, so that the order stays', async () => {
  const { deltas, writer } = writeTo(Number.POSITIVE_INFINITY);
  for (let written = 0; written < singleDeltas + 10; written += 1) await deltas.write(delta);
  await deltas.flush();
  expect(writer.content).toBe('x'.repeat(singleDeltas + 10));
  expect(writer.lastSeq).toBeLessThan(singleDeltas + 10);
});
