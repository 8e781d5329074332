/**
 * The options of a test that measures a turn. It is tried up to three times, because the test process does other work
 * too: a garbage collection of what earlier tests left can fall into the turn. A turn that is really too long fails
 * every time.
 */
export const measured = { retry: 2 };

/**
 * Measures how long the event loop was held: the wall time of a turn, or the processor time of this process in it if
 * that is shorter. Wall time alone would count the time in which other processes had the core; processor time alone
 * counts the threads of the garbage collector, of the compiler and of files, which hold up nobody.
 *
 * @returns The time of the longest turn while `act` ran, in milliseconds.
 */
export async function longestTurn(act: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let cpuBefore = process.cpuUsage();
  let before = performance.now();
  const timer = setInterval(() => {
    const cpu = process.cpuUsage();
    const now = performance.now();
    const cpuMs = (cpu.user + cpu.system - cpuBefore.user - cpuBefore.system) / 1_000;
    longest = Math.max(longest, Math.min(cpuMs, now - before));
    cpuBefore = cpu;
    before = now;
  }, 2);
  try {
    await act();
  } finally {
    clearInterval(timer);
  }
  return longest;
}
