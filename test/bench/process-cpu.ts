import { readdirSync, readFileSync } from 'node:fs';

/** Processor time that a process has used since its start, in microseconds, with all of its threads. Linux only. */
export function processCpu(pid: number): number {
  const folder = `/proc/${pid}/task`;
  let nanoseconds = 0;
  for (const thread of readdirSync(folder)) {
    // The first number is the time on a processor: https://docs.kernel.org/scheduler/sched-stats.html
    nanoseconds += Number(readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ')[0]);
  }
  return nanoseconds / 1_000;
}

/**
 * Processor time of all processes that a process has started and that have ended, in microseconds. The kernel counts it in
 * hundredths of a second.
 */
export function endedChildrenCpu(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program, in brackets, may have spaces. After it come the state and, as 14th and 15th, these times.
  const values = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(values[13]) + Number(values[14])) * 10_000;
}
