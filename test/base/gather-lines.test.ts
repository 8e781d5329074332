import { setImmediate as nextTurn } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { gatherLines } from '../../src/base/gather-lines.ts';

function createGathered() {
  const writes: string[][] = [];
  const names = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).msg);
  const output = { write: (text: string) => void writes.push(names(text)) };
  return { log: pino({ base: null }, gatherLines(output)), writes };
}

test('the lines of one turn are written together, and those of the next turn after them', async () => {
  const { log, writes } = createGathered();
  log.info('one');
  log.child({ part: 'http' }).info('two');
  expect(writes).toEqual([]);
  await nextTurn();
  log.info('three');
  await nextTurn();
  expect(writes).toEqual([['one', 'two'], ['three']]);
});

test('a warning and an error are written at once, behind the lines before them', async () => {
  const { log, writes } = createGathered();
  log.info('one');
  log.warn('two');
  log.error('three');
  expect(writes).toEqual([['one', 'two'], ['three']]);
  await nextTurn();
  expect(writes).toHaveLength(2);
});

test('many lines of one turn do not wait for its end', () => {
  const { log, writes } = createGathered();
  for (let at = 0; at < 3_000; at += 1) log.info(`line ${at}`);
  expect(writes.flat().length).toBeGreaterThan(2_000);
  expect(writes.length).toBeLessThan(10);
});
