import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import type { Logger } from 'pino';
import type { OutboundFetch } from '../base/outbound-fetch.ts';
import { createCircuitBreaker } from '../bus/redis/circuit-breaker.ts';
import { type GatewayError, refusal } from '../errors.ts';
import { readJson } from './read-json.ts';

/** Milliseconds that the issuer may take to respond. */
const responseMs = 5_000;
/** Milliseconds for which the issuer is not asked again. Otherwise clients could cause many requests by inventing names of keys. */
const restMs = 2_000;
/** Milliseconds for which fetched keys are used without asking again. */
const keptMs = 600_000;
const maxBytes = 1_048_576;

export interface RemoteKeysOptions {
  /** URL of the issuer's public keys, a JSON Web Key Set. */
  url: string;
  fetch: OutboundFetch;
  log: Logger;
}

interface Known {
  getKey: JWTVerifyGetKey;
  fetchedAt: number;
}

/**
 * Returns a function that finds the public key for a token. Keys are fetched when the first token comes, and again when
 * they are old or a token names an unknown key. There is one fetch at a time. If a fetch fails, known keys are used
 * until they are old; for unknown keys the function throws GatewayError IDENTITY_UNAVAILABLE without waiting, until the
 * issuer responds again.
 */
export function createRemoteKeys({ url, fetch, log }: RemoteKeysOptions): JWTVerifyGetKey {
  const breaker = createCircuitBreaker({
    restMs,
    onAway: (err) => log.warn({ err }, 'the keys for JWTs cannot be fetched: only known keys are used'),
    onBack: () => log.info('the keys for JWTs can be fetched again'),
  });
  let known: Known | undefined;
  let fetching: Promise<Known> | undefined;

  const fetchOnce = async (): Promise<Known> => {
    try {
      known = { getKey: createLocalJWKSet(await fetchKeys(url, fetch)), fetchedAt: performance.now() };
      breaker.succeeded();
      return known;
    } catch (error) {
      breaker.failed(error);
      throw keysUnavailable();
    } finally {
      fetching = undefined;
    }
  };
  const fetchKnown = (): Promise<Known> => {
    // While the issuer is away, the fetch only tests whether it is back. Other requests do not wait for that.
    if (fetching && !breaker.isAway) return fetching;
    if (fetching || !breaker.mayAsk()) return Promise.reject(keysUnavailable());
    fetching = fetchOnce();
    return fetching;
  };
  return async (header, token) => {
    const current = known && ageOf(known) < keptMs ? known : await fetchKnown();
    try {
      return await current.getKey(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || ageOf(current) < restMs) throw error;
    }
    return (await fetchKnown()).getKey(header, token);
  };
}

function ageOf({ fetchedAt }: Known): number {
  return performance.now() - fetchedAt;
}

async function fetchKeys(url: string, fetch: OutboundFetch) {
  const leave = new AbortController();
  const signal = AbortSignal.any([leave.signal, AbortSignal.timeout(responseMs)]);
  try {
    const headers = { accept: 'application/json, application/jwk-set+json' };
    const response = await fetch(url, { headers, redirect: 'manual', signal });
    if (response.status !== 200) throw new Error(`The issuer responded with ${response.status}`);
    return await readJson(response, maxBytes);
  } finally {
    // Closes the connection without waiting for the rest of the body.
    leave.abort();
  }
}

/** The error for the client when a key cannot be fetched or used. */
export function keysUnavailable(): GatewayError {
  const message = 'The keys that tokens are signed with cannot be fetched; try again in a moment.';
  return refusal('IDENTITY_UNAVAILABLE', message);
}
