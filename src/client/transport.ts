import type { Result } from './ask.ts';
import type { Endpoint, Operation } from './request.ts';

export interface SubscribeOptions {
  /** Aborts to stop: then its reason is thrown. */
  signal: AbortSignal;
  /** Called when the gateway has accepted the subscription. */
  onOpen?: (() => void) | undefined;
}

/**
 * Carries one subscription and yields its results until the gateway completes it. Leaving the loop stops it.
 *
 * @throws GatewayError where the gateway refuses the subscription, or the connection is lost.
 */
export type Transport = (operation: Operation, options: SubscribeOptions) => AsyncGenerator<Result>;

export interface TransportOptions extends Endpoint {
  /**
   * The address of the gateway, as `http://localhost:8000`; on a page of its own, or behind a proxy of its own, a path
   * such as `/`. The address of its GraphQL, `…/graphql`, does too.
   */
  url: string;
  /** How long a connection may bring nothing before it is given up, in milliseconds. Default: 30,000. */
  silenceMs?: number | undefined;
}

/** The gateway pings an idle connection every 12 seconds. */
export const defaultSilenceMs = 30_000;

/** Where a gateway takes queries and mutations. */
export function graphqlUrl(url: string): string {
  return `${url.replace(/\/+$/, '').replace(/\/graphql$/, '')}/graphql`;
}

/** The endpoint of graphql-sse's protocol. */
export function streamEndpoint({ url, token, headers }: Endpoint): Endpoint {
  return { url: `${graphqlUrl(url)}/stream`, token, headers };
}
