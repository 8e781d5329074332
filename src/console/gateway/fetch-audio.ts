import { GatewayError } from '../../client/errors.ts';
import { failureOf, request } from '../../client/request.ts';
import type { Identity } from './identity.ts';

/**
 * Downloads a recording. The blob has the type of a sound in any case, so that nothing in it can run as a page.
 *
 * @param path On the gateway.
 * @throws GatewayError; the reason of `signal` once that aborts.
 */
export async function fetchAudio(path: string, identity: Identity, signal: AbortSignal): Promise<Blob> {
  try {
    const endpoint = { url: path, headers: identity.headers };
    const response = await request(endpoint, { method: 'GET', headers: { accept: 'audio/*' }, signal });
    const blob = await response.blob();
    return new Blob([blob], { type: /^audio\/[\w.+-]+$/.test(blob.type) ? blob.type : 'audio/unknown' });
  } catch (error) {
    const failure = failureOf(error, signal);
    if (failure instanceof GatewayError && failure.isUnauthenticated) identity.refused(failure.message);
    throw failure;
  }
}
