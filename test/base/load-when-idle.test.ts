import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { loadWhenIdle } from '../../src/base/load-when-idle.ts';

test('modules are loaded one at a time, in order, when the event loop is idle, also behind one that fails', async () => {
  const loaded: string[] = [];
  let isLoading = false;
  const load = (name: string) => async () => {
    expect(isLoading).toBe(false);
    isLoading = true;
    await nextTurn();
    isLoading = false;
    loaded.push(name);
    if (name === 'b') throw new Error('There is no module b.');
  };
  using _ = loadWhenIdle(['a', 'b', 'c'].map(load));
  await expect.poll(() => loaded).toEqual(['a', 'b', 'c']);
});

test('nothing is loaded while the event loop is busy', async () => {
  let loads = 0;
  const load = async () => {
    loads += 1;
  };
  using _ = loadWhenIdle([load]);
  const until = performance.now() + 1_000;
  while (performance.now() < until) await nextTurn();
  expect(loads).toBe(0);
  await expect.poll(() => loads).toBe(1);
});
