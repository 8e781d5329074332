import { expect, test } from 'vitest';
import { createMemoryBus } from '../../../src/bus/memory/memory-bus.ts';
import { createMemoryLog } from '../../../src/bus/memory/memory-log.ts';
import { followRun } from '../../../src/chat/log/follow-run.ts';
import type { RunEvent } from '../../../src/chat/log/run-event.ts';
import type { RunLog } from '../../../src/chat/log/run-writer.ts';
import type { Run } from '../../../src/generated/prisma/client.ts';
import type { Reader } from '../../../src/storage/statements/statement.ts';

const runId = 1;
const completed = {
  ...{ id: runId, status: 'COMPLETED', finishReason: 'STOP', cancelCause: null, errorCode: null },
  ...{ assistantMessageId: 2, lastSeq: 3, createdAt: new Date(), finishedAt: new Date() },
  ...{ steersId: null, steeredSeq: null },
} as Run;
const delta = (seq: number, text: string) => ({ type: 'TextDelta', runId, at: 0, seq, text }) as RunEvent;
const end = { type: 'RunCompleted', runId, at: 0, seq: 3 } as RunEvent;

/** Follows a run that the database says to be completed. Each read of its log gets the next of these replies. */
async function followed(...replies: (readonly RunEvent[] | null)[]): Promise<[string, number][]> {
  using own = createMemoryLog<Parameters<RunLog['append']>[1]>();
  const read = async () => replies.shift() ?? null;
  const options = { bus: createMemoryBus(), pollMs: 1, log: { ...own, read } as RunLog };
  const statements: Reader = { all: () => [], get: <Row>() => completed as Row };
  const seen: [string, number][] = [];
  for await (const { type, seq } of followRun(
    { ...options, statements },
    runId,
    0,
    new AbortController().signal,
  ))
    seen.push([type, seq]);
  return seen;
}

const silent = Array.from({ length: 15 }, () => []);

test('a follower that could not reach the log when the run ended gets all of it when the log is back', async () => {
  expect(await followed(null, [delta(1, 'a'), delta(2, 'b'), end])).toEqual([
    ['TextDelta', 2],
    ['RunCompleted', 3],
  ]);
});

test('a follower of a long silence gets an end that comes while the database is asked', async () => {
  expect(await followed([delta(1, 'a')], ...silent, [delta(2, 'b'), end])).toEqual([
    ['TextDelta', 1],
    ['TextDelta', 2],
    ['RunCompleted', 3],
  ]);
});

test.each([
  ['is gone', [null]],
  ['stays silent', silent],
])('when the log of an ended run %s, one gap stands for it', async (_how, replies) => {
  expect(await followed(...replies)).toEqual([
    ['HistoryGap', 2],
    ['RunCompleted', 3],
  ]);
});
