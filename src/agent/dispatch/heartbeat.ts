import { pause } from '../../client/back-off.ts';
import { NodeHeartbeatDocument, type NodeStatsInput } from '../../gql/graphql.ts';
import type { GatewayClient } from '../connection/gateway-client.ts';

export interface HeartbeatOptions {
  client: GatewayClient;
  everyMs: number;
  measure(): NodeStatsInput;
  /** Ids of dispatches in work or not yet reported. */
  openIds(): string[];
  /** Takes those of them that nobody waits for. */
  onUnknown(dispatchIds: string[]): void;
  /** Called when the gateway does not answer any more. */
  onLost(): void;
}

/** After so many that were not answered, the gateway takes the node for offline. */
const mostMissed = 3;

/** Says that the agent is alive and how it fares, at once and then regularly, until the signal aborts. */
export async function sendHeartbeats(options: HeartbeatOptions, signal: AbortSignal): Promise<void> {
  const { client, everyMs, measure, openIds, onUnknown, onLost } = options;
  let missed = 0;
  while (!signal.aborted && missed < mostMissed) {
    try {
      const variables = { stats: measure(), running: openIds() };
      const { nodeHeartbeat } = await client.ask(NodeHeartbeatDocument, variables, everyMs);
      onUnknown(nodeHeartbeat.unknownDispatchIds);
      missed = 0;
    } catch {
      missed += 1;
    }
    await pause(everyMs, signal);
  }
  if (!signal.aborted) onLost();
}
