import { pause } from '../../client/retry.ts';
import { NodeHeartbeatDocument, type NodeStatsInput } from '../../gql/graphql.ts';
import type { GatewayClient } from '../connection/gateway-client.ts';

export interface HeartbeatOptions {
  client: GatewayClient;
  everyMs: number;
  measure(): NodeStatsInput;
  /** The ids of the open dispatches: from their arrival until their result is reported. */
  openIds(): string[];
  /** Gets the ids among them for which no run waits any more. */
  onUnknown(dispatchIds: string[]): void;
  /** Called after `mostMissed` heartbeats in a row got no response. */
  onLost(): void;
}

/** After this many missing heartbeats the gateway treats the node as offline. */
const mostMissed = 3;

/** Sends a heartbeat with the state of the machine at once, and then every `everyMs` until the signal aborts. */
export async function sendHeartbeats(options: HeartbeatOptions, signal: AbortSignal): Promise<void> {
  const { client, everyMs, measure, openIds, onUnknown, onLost } = options;
  let missed = 0;
  while (!signal.aborted && missed < mostMissed) {
    try {
      const variables = { stats: measure(), running: openIds() };
      const { nodeHeartbeat } = await client.query(NodeHeartbeatDocument, variables, { timeoutMs: everyMs });
      onUnknown(nodeHeartbeat.unknownDispatchIds);
      missed = 0;
    } catch {
      missed += 1;
    }
    await pause(everyMs, signal);
  }
  if (!signal.aborted) onLost();
}
