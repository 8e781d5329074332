import { z } from 'zod';
import { type NodeTool, path } from './node-tool.ts';

/** @param maxTimeoutMs The longest time that a call may ask for. */
export function runCommand(maxTimeoutMs: number): NodeTool {
  return {
    name: 'run_command',
    description:
      'Runs a command on a node, without input, and returns what it prints. The owner of the node decides which commands are allowed.',
    needsApproval: true,
    args: {
      command: z.string().min(1).max(100_000).describe('The command line.'),
      cwd: path.optional().describe('The folder to run it in. Default: the workspace folder.'),
      timeout_ms: z
        .int()
        .min(1)
        .max(maxTimeoutMs)
        .optional()
        .describe('Milliseconds after which it is stopped.'),
    },
  };
}
