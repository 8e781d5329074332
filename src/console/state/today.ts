import { type ReadonlySignal, signal } from '@preact/signals';
import { startOfDay } from './session-groups.ts';

/** A moment of the present day, in milliseconds since the epoch. It changes at midnight, and when a sleeping page wakes. */
export function createToday(): ReadonlySignal<number> {
  const today = signal(Date.now());
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    const now = Date.now();
    if (startOfDay(now, 0) !== startOfDay(today.peek(), 0)) today.value = now;
    clearTimeout(timer);
    timer = setTimeout(look, startOfDay(now, -1) - now + 1_000);
  };
  look();
  document.addEventListener('visibilitychange', look);
  return today;
}
