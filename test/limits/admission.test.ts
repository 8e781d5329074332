import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Admission } from '../../src/limits/admission.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

interface Load {
  perSecond: number;
  /** How long an answer takes if the gateway is not overloaded. */
  answerSeconds: number;
  /** How many live runs the gateway can serve without being overloaded. */
  capacity: number;
  seconds: number;
}

/** Simulates a gateway; returns how many runs are live, ten times a second. */
function simulate({ perSecond, answerSeconds, capacity, seconds }: Load): number[] {
  let isOverloaded = false;
  const admission = new Admission(() => isOverloaded);
  const counts: number[] = [];
  let left: number[] = [];
  for (let step = 0; step < seconds * 10; step += 1) {
    vi.advanceTimersByTime(100);
    for (let n = 0; n < perSecond / 10; n += 1) if (admission.admits(left.length)) left.push(answerSeconds);
    // An overloaded gateway answers each run more slowly.
    const paceSeconds = Math.min(1, capacity / left.length) / 10;
    left = left.map((rest) => rest - paceSeconds).filter((rest) => rest > 1e-9);
    isOverloaded = left.length > capacity;
    counts.push(left.length);
  }
  return counts;
}

test('a gateway that is not overloaded admits all runs', () => {
  expect(simulate({ perSecond: 50, answerSeconds: 8, capacity: 500, seconds: 60 }).at(-1)).toBe(395);
});

test('an overloaded gateway keeps the number of live runs close to its capacity', () => {
  const live = simulate({ perSecond: 100, answerSeconds: 8, capacity: 200, seconds: 120 }).slice(300);
  expect(Math.max(...live)).toBeLessThan(260);
  expect(Math.min(...live)).toBeGreaterThan(150);
});

test('the limit on live runs rises after an overload, faster when no run is refused', () => {
  let isOverloaded = true;
  const admission = new Admission(() => isOverloaded);
  vi.advanceTimersByTime(1_000);
  expect(admission.admits(10)).toBe(false);
  expect(admission.admits(8)).toBe(true);
  vi.advanceTimersByTime(1_000);
  expect(admission.admits(4)).toBe(true);
  expect(admission.admits(5)).toBe(false);
  vi.advanceTimersByTime(1_000);
  expect(admission.admits(10)).toBe(false);
  isOverloaded = false;
  vi.advanceTimersByTime(1_000);
  expect(admission.admits(13)).toBe(true);
  expect(admission.admits(20)).toBe(false);
  vi.advanceTimersByTime(60_000);
  expect(admission.admits(100)).toBe(true);
  vi.advanceTimersByTime(60_000);
  expect(admission.admits(10_000)).toBe(true);
});
