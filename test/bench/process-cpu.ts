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
