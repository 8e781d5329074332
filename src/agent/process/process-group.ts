import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { hasCode } from '../../sync/file-tools/error-code.ts';

/** How often `groupGone` looks. */
const pollMs = 20;

/** Sends a signal to every process of a group. Does nothing if the group has no processes. */
export function signalGroup(groupId: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-groupId, signal);
  } catch (error) {
    // EPERM: the remaining processes belong to another user.
    if (!hasCode(error, 'ESRCH', 'EPERM')) throw error;
  }
}

/** Waits until no process of a group runs any more. Resolves to false if some still run after `withinMs`. */
export async function groupGone(groupId: number, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (await isRunning(groupId)) {
    if (performance.now() >= deadline) return false;
    await delay(pollMs);
  }
  return true;
}

async function isRunning(groupId: number): Promise<boolean> {
  try {
    process.kill(-groupId, 0);
  } catch (error) {
    return !hasCode(error, 'ESRCH');
  }
  return process.platform === 'linux' ? hasLivingMember(groupId) : true;
}

/**
 * Whether a group has a process that is not a zombie. A container whose first process does not collect ended
 * processes keeps zombies forever, and signal 0 reaches them.
 */
async function hasLivingMember(groupId: number): Promise<boolean> {
  const names = await readdir('/proc').catch(() => undefined);
  if (names === undefined) return true;
  const ids = names.filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(ids.map((id) => readFile(`/proc/${id}/stat`, 'latin1').catch(() => '')));
  return stats.some((stat) => {
    // "pid (name) state ppid pgrp …". The name may contain spaces and parentheses: see proc_pid_stat(5).
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(group) === groupId && state !== 'Z' && state !== 'X';
  });
}
