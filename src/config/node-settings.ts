import type { z } from 'zod';
import { milliseconds, wholeNumber } from './setting-type.ts';

/** These times are added to others or multiplied before they are given to a timer, so they need a lower maximum. */
const oneDayMs = 86_400_000;

/** How tools run on agent nodes. */
export const nodeSettings = {
  NODE_HEARTBEAT_MS: milliseconds(1, oneDayMs).default(10_000).meta({
    description: 'How often agents send a heartbeat. After three missed heartbeats a node is offline.',
  }),
  NODE_GRACE_MS: milliseconds(0, oneDayMs)
    .default(30_000)
    .meta({ description: 'How long tool calls wait for a disconnected node to come back.' }),
  DISPATCH_ACK_MS: milliseconds(1)
    .default(10_000)
    .meta({ description: 'How long a connected node may take to acknowledge a tool call.' }),
  DISPATCH_TIMEOUT_MS: milliseconds(1, oneDayMs)
    .default(120_000)
    .meta({ description: 'How long a tool may run on a node, unless its call asks for another time.' }),
  MAX_DISPATCH_TIMEOUT_MS: milliseconds(1, oneDayMs)
    .default(600_000)
    .meta({ description: 'Longest time that a call of run_command may ask for.' }),
  CANCEL_CONFIRM_MS: milliseconds(0, oneDayMs)
    .default(5_000)
    .meta({ description: 'How long a cancelled run waits for nodes to confirm that they have stopped.' }),
  MAX_TOOL_OUTPUT_BYTES: wholeNumber(1_024, 1_073_741_824).default(32_768).meta({
    description:
      'Most bytes of output of one tool call. The live output and the result for the model may each have this many.',
  }),
  MAX_QUEUED_DISPATCHES: wholeNumber(0, 10_000)
    .default(32)
    .meta({ description: 'How many tool calls may wait for a free slot on one node.' }),
  MAX_NODES_PER_SESSION: wholeNumber(1, 1_000)
    .default(100)
    .meta({ description: 'Most nodes that may be attached to one session.' }),
};

type NodeEnvironment = z.output<z.ZodObject<typeof nodeSettings>>;

/** Returns a sentence for each contradiction between the settings of nodes. */
export function nodeConflicts(env: NodeEnvironment): string[] {
  if (env.DISPATCH_TIMEOUT_MS <= env.MAX_DISPATCH_TIMEOUT_MS) return [];
  return ['DISPATCH_TIMEOUT_MS must not be longer than MAX_DISPATCH_TIMEOUT_MS.'];
}

export function toNodes(env: NodeEnvironment) {
  return {
    heartbeatMs: env.NODE_HEARTBEAT_MS,
    graceMs: env.NODE_GRACE_MS,
    ackMs: env.DISPATCH_ACK_MS,
    timeoutMs: env.DISPATCH_TIMEOUT_MS,
    maxTimeoutMs: env.MAX_DISPATCH_TIMEOUT_MS,
    cancelConfirmMs: env.CANCEL_CONFIRM_MS,
    maxOutputBytes: env.MAX_TOOL_OUTPUT_BYTES,
    maxQueued: env.MAX_QUEUED_DISPATCHES,
    maxNodesPerSession: env.MAX_NODES_PER_SESSION,
  };
}
