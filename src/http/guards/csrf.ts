import type { MiddlewareHandler } from 'hono';

/**
 * Refuses what a page of another origin makes a browser send. That page may not read the answer, but asking is
 * enough: a POST without a body that clears a history needs no leave of ours. Links to
 * our pages work. Programs are not concerned: only browsers tell the site and the origin.
 *
 * @param allowed Origins whose pages may ask.
 */
export function refuseOtherOrigins(allowed: readonly string[]): MiddlewareHandler {
  return async (c, next) => {
    const header = (name: string) => c.req.header(name);
    const origin = header('origin');
    const followsLink = c.req.method === 'GET' && header('sec-fetch-mode') === 'navigate';
    if (followsLink || isOwn(header('sec-fetch-site'), origin, header('host'))) return next();
    if (origin !== undefined && allowed.includes(origin)) return next();
    return c.json(
      { detail: 'This gateway answers no pages of other origins; CORS_ORIGINS can allow them.' },
      403,
    );
  };
}

/** Browsers that are too old to tell the site still tell the origin. */
function isOwn(site: string | undefined, origin: string | undefined, host: string | undefined): boolean {
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}
