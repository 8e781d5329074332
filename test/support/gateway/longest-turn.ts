/**
 * Measures how long the event loop was held. It counts processor time of this process, not wall time, so that a busy
 * machine does not make a turn look longer.
 *
 * @returns The processor time of the longest turn while `act` ran, in milliseconds.
 */
export async function longestTurn(act: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let before = process.cpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    longest = Math.max(longest, (user + system) / 1_000);
  }, 2);
  try {
    await act();
  } finally {
    clearInterval(timer);
  }
  return longest;
}
