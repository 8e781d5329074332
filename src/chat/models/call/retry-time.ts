import { countOf } from '../../../base/count-of.ts';

const dayMs = 86_400_000;
const units = [
  ['day', dayMs],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

/**
 * Says in words when something happens: `at 14:05 UTC, in 2 hours`, with seconds in the next two minutes, and with
 * the date from the day after on. The time is rounded up, so that it is never too early.
 *
 * @param at Milliseconds since the epoch.
 */
export function describeWait(at: number, now = Date.now()): string {
  const waitMs = Math.max(0, at - now);
  const step = waitMs < 120_000 ? 1_000 : 60_000;
  const iso = new Date(Math.ceil(at / step) * step).toISOString();
  const time = iso.slice(11, step === 1_000 ? 19 : 16);
  const day = waitMs < dayMs ? '' : `${iso.slice(0, 10)} `;
  return `at ${day}${time} UTC, in ${inWords(waitMs)}`;
}

/** Uses the largest unit that gives a number which is about right: `1 hour`, `75 minutes`, `2 hours`. */
function inWords(waitMs: number): string {
  const [unit, ms] = units.find(([, each]) => waitMs >= each * 1.5 || isAbout(waitMs, each)) ?? units[3];
  const count = Math.max(1, Math.round(waitMs / ms));
  return countOf(count, unit);
}

function isAbout(waitMs: number, unit: number): boolean {
  return Math.abs(waitMs - unit) < unit / 50;
}
