import type { GatewayError } from '../../errors.ts';
import { anonymous } from '../../identity/viewer.ts';
import { CostAccount, type RequestLimit } from '../../limits/cost-account.ts';
import { healthPath } from '../request/health-path.ts';
import { type Identify, senderKey } from '../request/identify.ts';
import { networkKey } from '../request/network-key.ts';
import type { RequestIds } from '../request/request-ids.ts';
import type { Guard } from './guard.ts';

/** The account of each request that is limited. Executing an operation charges it. */
export type RequestAccounts = WeakMap<Request, CostAccount>;

export interface LimitRequestsOptions {
  /** For each user, or for each address where the user is not known. Undefined: no limit. */
  ofUsers: RequestLimit | undefined;
  /** For each node. Agents send far more requests than users, because they report output while a tool prints it. */
  ofNodes: RequestLimit | undefined;
  identify: Identify;
  /** Knows the addresses of the clients. */
  requestIds: Pick<RequestIds, 'addressOf'>;
  /** Receives the account of each request. */
  accounts: RequestAccounts;
}

/**
 * Counts a request for its sender, or for the address of its client where the sender is not known. Resolves with the error
 * that refuses it, or undefined.
 */
export type AdmitRequest = (request: Request) => Promise<GatewayError | undefined>;

/** Undefined if there is no limit. */
export function createAdmission(options: LimitRequestsOptions): AdmitRequest | undefined {
  const { ofUsers, ofNodes, identify, requestIds, accounts } = options;
  if (!ofUsers && !ofNodes) return undefined;
  return async (request) => {
    // The route refuses a bad token later. Here such a request counts for its address.
    const identity = await identify(request).catch(() => undefined);
    const limit = identity?.agentNode ? ofNodes : ofUsers;
    const isKnown = identity && (identity.viewer ?? identity.ticket?.viewer) !== anonymous;
    const key = isKnown ? senderKey(identity) : networkKey(requestIds.addressOf(request) ?? '');
    if (!limit) return undefined;
    const account = new CostAccount(limit, key);
    accounts.set(request, account);
    return account.enter();
  };
}

/** Answers 429 to a client that sends too many requests. `Retry-After` says when it may send the next one. */
export function limitRequests(admit: AdmitRequest | undefined): Guard {
  // A monitor that gets 429 would restart the gateway because of another client.
  return ({ request, path }) => (admit && !healthPath.test(path) ? admit(request) : undefined);
}
