import { GatewayError } from '../../client/errors.ts';
import { failureOf, request } from '../../client/request.ts';
import type { Identity } from './identity.ts';

/**
 * Downloads a file with the token of the user, which the browser would not send for an address alone.
 *
 * @param path On the gateway.
 * @throws GatewayError; the reason of `signal` once that aborts.
 */
export async function fetchFile(path: string, identity: Identity, signal: AbortSignal): Promise<Blob> {
  try {
    const endpoint = { url: path, headers: identity.headers };
    const response = await request(endpoint, { method: 'GET', signal });
    return await response.blob();
  } catch (error) {
    const failure = failureOf(error, signal);
    if (failure instanceof GatewayError && failure.isUnauthenticated) identity.refused(failure.message);
    throw failure;
  }
}
