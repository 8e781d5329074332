import { createHash, timingSafeEqual } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { refusal } from '../errors.ts';
import type { MetricsReport } from '../metrics/metrics.ts';
import { bearerToken } from './request/identify.ts';
import { refuse } from './request/refusal.ts';

/**
 * `GET /metrics`: the counted numbers in the exposition format of Prometheus. Answers 401 without the token.
 *
 * @param token Undefined: anyone who reaches the route may read it.
 */
export function createMetricsRoute(
  report: MetricsReport,
  token: string | undefined,
): Hono<{ Bindings: HttpBindings }> {
  return new Hono<{ Bindings: HttpBindings }>().on('GET', '/metrics', async (c) => {
    if (token !== undefined && !isAllowed(bearerToken(c.req.raw), token)) {
      const message = 'Send the value of METRICS_TOKEN as `Authorization: Bearer …`.';
      return refuse(c, refusal('UNAUTHENTICATED', message));
    }
    return c.body(await report.read(), 200, { 'Content-Type': report.contentType });
  });
}

/** Compares hashes, which have one length, so that the time of the comparison tells nothing about the token. */
function isAllowed(given: string | undefined, token: string): boolean {
  return given !== undefined && timingSafeEqual(hash(given), hash(token));
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
