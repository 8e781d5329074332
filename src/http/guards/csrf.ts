import type { MiddlewareHandler } from 'hono';
import { refusal } from '../../errors.ts';
import { refuse } from '../request/refusal.ts';

/**
 * Refuses a request that a browser sends for a page of another origin. The page could not read the answer, but sending
 * is enough to do harm: browsers send a POST without a body, which clears a history, without asking the gateway first.
 * Links to our pages work, and programs are not affected, because only browsers say the site and the origin.
 *
 * @param allowed Origins whose pages may use the gateway.
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
      refusal('FORBIDDEN', 'This gateway answers no pages of other origins; CORS_ORIGINS can allow them.'),
    );
  };
}

/** Old browsers do not send `Sec-Fetch-Site`, but they send the origin. */
function isOwn(site: string | undefined, origin: string | undefined, host: string | undefined): boolean {
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}
