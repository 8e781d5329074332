import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

/** Whether a process runs. A process that has ended does not, even before its parent has read its exit code. */
export function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}

/** Waits until a process has ended. The timeout of the test limits the wait. */
export async function processEnded(pid: number): Promise<void> {
  while (isRunning(pid)) await delay(20);
}
