import { cpus, freemem, loadavg, totalmem } from 'node:os';
import type { NodeStatsInput } from '../../gql/graphql.ts';

/** Returns a function that measures the machine. `cpuPercent` is the average since the previous call. */
export function createStats(): (runningDispatches: number) => NodeStatsInput {
  let before = processorTimes();
  return (runningDispatches) => {
    const now = processorTimes();
    const all = now.all - before.all;
    const cpuPercent = all > 0 ? Math.max(0, 100 * (1 - (now.idle - before.idle) / all)) : 0;
    before = now;
    return {
      cpuPercent,
      memoryUsedBytes: totalmem() - freemem(),
      memoryTotalBytes: totalmem(),
      loadAverage: loadavg()[0] ?? 0,
      runningDispatches,
      uptimeSeconds: process.uptime(),
    };
  };
}

/** The time that all processors together have spent since the machine started, in milliseconds. */
function processorTimes(): { all: number; idle: number } {
  const times = cpus().map(({ times }) => times);
  return {
    all: times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0),
    idle: times.reduce((sum, { idle }) => sum + idle, 0),
  };
}
