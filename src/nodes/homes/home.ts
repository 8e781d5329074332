import type { Presence } from '../presence/presence.ts';

/** What all gateways know about a node that is connected: its *home* is the gateway that has its inbox. */
export interface Home {
  /** The gateway that has the node's inbox; null while that gateway has closed it and the agent connects elsewhere. */
  gatewayId: string | null;
  /** A random id of the connection. */
  connectionId: string;
  /** The process of the agent that is connected, or was connected last. */
  instanceId: string | undefined;
  /** Whether the node is connected, or may still come back in its grace time. */
  isReachable: boolean;
  presence: Presence;
}

export function encodeHome(home: Home): string {
  return JSON.stringify(home);
}

/** Reads what `encodeHome` has written. */
export function decodeHome(text: string): Home {
  const home = JSON.parse(text) as Home;
  const { lastSeenAt, stats } = home.presence;
  return {
    ...home,
    presence: {
      ...home.presence,
      lastSeenAt: lastSeenAt && new Date(lastSeenAt),
      stats: stats && { ...stats, at: new Date(stats.at) },
    },
  };
}
