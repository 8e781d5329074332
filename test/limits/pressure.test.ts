import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createPressure, type Pressure } from '../../src/limits/pressure.ts';

/** Shorter than the gateway's second, so that the tests are faster. Milliseconds. */
const spanMs = 500;
/** Milliseconds. The tests themselves may be late on a busy machine, but not on average by this much. */
const maxDelayMs = 150;

function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/** Calls `work` in every turn of the event loop, so that it is never idle. Disposing ends that. */
function keepBusy(work: () => void): Disposable {
  let next = setImmediate(again);
  function again() {
    work();
    next = setImmediate(again);
  }
  return { [Symbol.dispose]: () => clearImmediate(next) };
}

/** Looks at the pressure for so many spans; returns whether it was high at any time. */
async function wasHigh(pressure: Pressure, spans: number): Promise<boolean> {
  const until = performance.now() + spans * spanMs;
  while (performance.now() < until) {
    if (pressure.isHigh()) return true;
    await setTimeout(10);
  }
  return false;
}

test('pressure is high when some turns of a busy event loop are long and the others are short', async () => {
  using pressure = createPressure(maxDelayMs, spanMs);
  let turns = 0;
  using _ = keepBusy(() => block(++turns % 50 === 0 ? 400 : 1));
  expect(await wasHigh(pressure, 10)).toBe(true);
});

test('pressure is not high when the event loop is never idle but every turn is short', async () => {
  using pressure = createPressure(maxDelayMs, spanMs);
  using _ = keepBusy(() => block(1));
  expect(await wasHigh(pressure, 3)).toBe(false);
});

test('pressure is not high when the event loop was late only once', async () => {
  using pressure = createPressure(maxDelayMs, spanMs);
  block(1.5 * spanMs);
  expect(await wasHigh(pressure, 2)).toBe(false);
});
