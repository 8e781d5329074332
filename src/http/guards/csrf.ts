import type { MiddlewareHandler } from 'hono';
import { refusal } from '../../errors.ts';
import { refuse } from '../request/refusal.ts';

/**
 * Refuses a request that a browser sends for a page of another origin. The page could not read the response, but
 * sending is enough to do harm: a browser sends a POST without a body, which clears a history, without a preflight.
 * Links to pages of the gateway work. Programs are not affected, because only browsers send `Sec-Fetch-Site` and
 * `Origin`.
 *
 * @param allowed Origins of pages that may use the gateway.
 */
export function refuseOtherOrigins(allowed: readonly string[]): MiddlewareHandler {
  return async (c, next) => {
    const header = (name: string) => c.req.header(name);
    const origin = header('origin');
    const followsLink = c.req.method === 'GET' && header('sec-fetch-mode') === 'navigate';
    if (followsLink || isOwn(header('sec-fetch-site'), origin, header('host'))) return next();
    if (origin !== undefined && allowed.includes(origin)) return next();
    return refuse(
      c,
      refusal(
        'FORBIDDEN',
        'This gateway refuses pages of other origins. The setting CORS_ORIGINS allows an origin.',
      ),
    );
  };
}

/** Old browsers do not send `Sec-Fetch-Site`, but they send the origin. */
function isOwn(site: string | undefined, origin: string | undefined, host: string | undefined): boolean {
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}
