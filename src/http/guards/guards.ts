import { allowOrigins } from './cors.ts';
import { refuseOtherOrigins } from './csrf.ts';
import { startFairly } from './fair-start.ts';
import type { Guard } from './guard.ts';
import { type HostOptions, refuseOtherHosts } from './hosts.ts';
import { forbidCaching } from './no-store.ts';
import { type AdmitRequest, limitRequests } from './rate-limit.ts';
import { refuseUnplainTargets } from './request-target.ts';
import { createSecureHeaders } from './secure-headers.ts';
import { cutSlowBody } from './slow-body.ts';

export interface GuardOptions extends HostOptions {
  /** Origins of pages that may use the gateway. */
  corsOrigins: readonly string[];
  /** Counts each request for its sender. Undefined: there is no limit. */
  admit: AdmitRequest | undefined;
  /** Milliseconds for which a body may stop coming. */
  bodyTimeoutMs: number;
}

/**
 * The guards that every request passes before its route, in this sequence. `allowOrigins` comes before the guards that
 * refuse, so that pages of allowed origins can read the reason. Only the checks of the request target and of the host come
 * earlier.
 */
export async function createGuards(options: GuardOptions): Promise<readonly Guard[]> {
  const { corsOrigins, admit, bodyTimeoutMs } = options;
  return [
    startFairly,
    await createSecureHeaders(),
    forbidCaching,
    refuseUnplainTargets,
    refuseOtherHosts(options),
    allowOrigins(corsOrigins),
    refuseOtherOrigins(corsOrigins),
    limitRequests(admit),
    cutSlowBody(bodyTimeoutMs),
  ];
}
