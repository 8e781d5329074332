import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

/** Whether a process runs: one that has ended and that nobody has asked about yet does not. */
export function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}

/** Waits until a process has ended; the test's own timeout bounds it. */
export async function processEnded(pid: number): Promise<void> {
  while (isRunning(pid)) await delay(20);
}
