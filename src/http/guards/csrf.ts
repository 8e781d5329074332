import { refusal } from '../../errors.ts';
import type { Guard } from './guard.ts';

/**
 * Refuses a request that a browser sends for a page of another origin. The page could not read the response, but
 * sending is enough to do harm: a browser sends a POST without a body, which clears a history, without a preflight.
 * Links to pages of the gateway work. Programs are not affected, because only browsers send `Sec-Fetch-Site` and
 * `Origin`.
 *
 * @param allowed Origins of pages that may use the gateway.
 */
export function refuseOtherOrigins(allowed: readonly string[]): Guard {
  return ({ incoming: { method, headers } }) => {
    const { origin, host } = headers;
    const followsLink = method === 'GET' && headers['sec-fetch-mode'] === 'navigate';
    if (followsLink || isOwn(headers['sec-fetch-site'], origin, host)) return undefined;
    if (origin !== undefined && allowed.includes(origin)) return undefined;
    return refusal(
      'FORBIDDEN',
      'This gateway refuses pages of other origins. The setting CORS_ORIGINS allows an origin.',
    );
  };
}

/** Old browsers do not send `Sec-Fetch-Site`, but they send the origin. */
function isOwn(site: unknown, origin: string | undefined, host: string | undefined): boolean {
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}
