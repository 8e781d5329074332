import { fetchFile } from './fetch-file.ts';
import type { Identity } from './identity.ts';

/**
 * Downloads a recording. The blob has the type of a sound in any case, so that nothing in it can run as a page.
 *
 * @param path On the gateway.
 * @throws GatewayError; the reason of `signal` once that aborts.
 */
export async function fetchAudio(path: string, identity: Identity, signal: AbortSignal): Promise<Blob> {
  const blob = await fetchFile(path, identity, signal);
  return new Blob([blob], { type: /^audio\/[\w.+-]+$/.test(blob.type) ? blob.type : 'audio/unknown' });
}
