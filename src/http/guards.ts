import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';
import { allowOrigins } from './allow-origins.ts';
import { cutSlowBody } from './cut-slow-body.ts';
import { type LimitRequestsOptions, limitRequests } from './limit-requests.ts';
import { type HostOptions, refuseOtherHosts } from './refuse-other-hosts.ts';
import { refuseOtherOrigins } from './refuse-other-origins.ts';
import { createSecureHeaders } from './secure-headers.ts';

export type Guard = MiddlewareHandler<{ Bindings: HttpBindings }>;

export interface GuardOptions extends HostOptions {
  /** Origins whose pages may use the gateway. */
  corsOrigins: readonly string[];
  requests: LimitRequestsOptions;
  /** How long nothing may come of a body. */
  bodyTimeoutMs: number;
}

/** What every request passes before its route, in this order: a refusal is to be readable for who may ask. */
export async function createGuards(options: GuardOptions): Promise<readonly Guard[]> {
  const { corsOrigins, requests, bodyTimeoutMs } = options;
  return [
    await createSecureHeaders(),
    refuseOtherHosts(options),
    allowOrigins(corsOrigins),
    refuseOtherOrigins(corsOrigins),
    limitRequests(requests),
    cutSlowBody(bodyTimeoutMs),
  ];
}
