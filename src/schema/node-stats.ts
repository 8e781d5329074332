import { z } from 'zod';
import type { NodeStats } from '../nodes/presence/presence.ts';
import { builder } from './builder.ts';

const descriptions: Record<keyof NodeStats, string> = {
  cpuPercent: 'How busy all processors together were since the previous heartbeat, in percent: 0 to 100.',
  memoryUsedBytes: 'The memory in use, in bytes.',
  memoryTotalBytes: 'The memory of the machine, in bytes.',
  loadAverage: 'The load average of the last minute, as the operating system reports it.',
  runningDispatches: 'How many dispatches run, as the agent counts them.',
  uptimeSeconds: 'How long the process of the agent has been running, in seconds.',
};

export const NodeStatsRef = builder.objectRef<NodeStats & { at: Date }>('NodeStats').implement({
  description: 'What the agent of a node last measured on its machine.',
  fields: (t) => ({
    cpuPercent: t.exposeFloat('cpuPercent', { description: descriptions.cpuPercent }),
    memoryUsedBytes: t.exposeFloat('memoryUsedBytes', { description: descriptions.memoryUsedBytes }),
    memoryTotalBytes: t.exposeFloat('memoryTotalBytes', { description: descriptions.memoryTotalBytes }),
    loadAverage: t.exposeFloat('loadAverage', { description: descriptions.loadAverage }),
    runningDispatches: t.exposeInt('runningDispatches', { description: descriptions.runningDispatches }),
    uptimeSeconds: t.exposeFloat('uptimeSeconds', { description: descriptions.uptimeSeconds }),
    at: t.expose('at', { type: 'DateTime', description: 'When the gateway received these values.' }),
  }),
});

export const NodeStatsInput = builder.inputType('NodeStatsInput', {
  description: 'What an agent has measured on its machine. No value may be negative.',
  fields: (t) => {
    const amount = (name: keyof NodeStats) => ({
      required: true as const,
      validate: z.number().min(0, 'expected 0 or more'),
      description: descriptions[name],
    });
    return {
      cpuPercent: t.float(amount('cpuPercent')),
      memoryUsedBytes: t.float(amount('memoryUsedBytes')),
      memoryTotalBytes: t.float(amount('memoryTotalBytes')),
      loadAverage: t.float(amount('loadAverage')),
      runningDispatches: t.int(amount('runningDispatches')),
      uptimeSeconds: t.float(amount('uptimeSeconds')),
    };
  },
});
