import { print } from 'graphql';
import { createSwitchyard, type Switchyard } from '../../client/client.ts';
import { createRetry } from '../../client/retry.ts';

export interface GatewayAddress {
  /** Without a path: `http://localhost:8000`. */
  url: string;
  token: string;
}

/** Sends an agent's mutations, and opens its inbox and the list of its workspaces. */
export type GatewayClient = Pick<Switchyard, 'query' | 'subscribe'>;

/** Short pauses, because a gateway that is back waits for the reports of what happened meanwhile. */
const retry = createRetry({ firstMs: 100, longestMs: 2_000, attempts: Number.POSITIVE_INFINITY });

export function createGatewayClient({ url, token }: GatewayAddress): GatewayClient {
  return createSwitchyard({ url, token, print, retry });
}
