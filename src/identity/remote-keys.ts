import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import type { Logger } from 'pino';
import { createAbsence } from '../bus/absence.ts';
import { GatewayError } from '../errors.ts';
import { readJson } from './read-json.ts';

/** How long the issuer may take to answer. */
const answerMs = 5_000;
/** How long it is not asked once it did, whatever it answered and whoever makes up the names of keys. */
const restMs = 2_000;
/** How long its keys are good without asking again. */
const keptMs = 600_000;
const mostBytes = 1_048_576;

export interface RemoteKeysOptions {
  /** Where the issuer has its public keys, as a JSON Web Key Set. */
  url: string;
  log: Logger;
}

interface Known {
  getKey: JWTVerifyGetKey;
  fetchedAt: number;
}

/**
 * The public keys of an issuer, fetched when they are first wanted, and again when they are old or a token names one
 * that is unknown. There is one fetch at a time. Where that fails, keys that are known are good for as long as they
 * would have been; for others GatewayError IDENTITY_UNAVAILABLE is thrown, at once until the issuer is back.
 */
export function createRemoteKeys({ url, log }: RemoteKeysOptions): JWTVerifyGetKey {
  const absence = createAbsence({
    restMs,
    onBegin: (err) =>
      log.warn({ err }, 'the keys of JWTs cannot be fetched: only those that are known are good'),
    onEnd: () => log.info('the keys of JWTs can be fetched again'),
  });
  let known: Known | undefined;
  let fetching: Promise<Known> | undefined;

  const fetchOnce = async (): Promise<Known> => {
    try {
      known = { getKey: createLocalJWKSet(await fetchKeys(url)), fetchedAt: performance.now() };
      absence.end();
      return known;
    } catch (error) {
      absence.begin(error);
      throw unavailable();
    } finally {
      fetching = undefined;
    }
  };
  const fetchKnown = (): Promise<Known> => {
    // Others wait for a fetch that is under way, but not while it only finds out whether the issuer is back.
    if (fetching && !absence.isAway) return fetching;
    if (fetching || !absence.mayAsk()) return Promise.reject(unavailable());
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

async function fetchKeys(url: string) {
  const leave = new AbortController();
  const signal = AbortSignal.any([leave.signal, AbortSignal.timeout(answerMs)]);
  try {
    const headers = { accept: 'application/json, application/jwk-set+json' };
    const response = await fetch(url, { headers, redirect: 'manual', signal });
    if (response.status !== 200) throw new Error(`The issuer answered ${response.status}`);
    return await readJson(response, mostBytes);
  } finally {
    // What was not read of an answer is not waited for.
    leave.abort();
  }
}

/** What a client is told while a key cannot be had. */
export function unavailable(): GatewayError {
  const message = 'The keys that tokens are signed with cannot be fetched; try again in a moment.';
  return new GatewayError('IDENTITY_UNAVAILABLE', message, { http: { status: 503, headers: {} } });
}
