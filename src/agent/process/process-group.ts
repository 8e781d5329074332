import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** How often a group is looked at while it ends. */
const pollMs = 20;

/** Sends a signal to every process of a group; nothing happens where there is none. */
export function signalGroup(groupId: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-groupId, signal);
  } catch (error) {
    // EPERM: those that are left belong to somebody else.
    if (!hasCode(error, 'ESRCH') && !hasCode(error, 'EPERM')) throw error;
  }
}

/** Waits until no process of a group runs any more. Resolves to false where some still do after `withinMs`. */
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
 * Tells processes that run from those that have ended and that nobody has asked about: where the first process
 * of a container does not do that, they stay in their group for ever.
 */
async function hasLivingMember(groupId: number): Promise<boolean> {
  const names = await readdir('/proc').catch(() => undefined);
  if (names === undefined) return true;
  const ids = names.filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(ids.map((id) => readFile(`/proc/${id}/stat`, 'latin1').catch(() => '')));
  return stats.some((stat) => {
    // pid (name) state ppid pgrp …, and the name may have spaces and parentheses in it: see proc_pid_stat(5).
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(group) === groupId && state !== 'Z' && state !== 'X';
  });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
