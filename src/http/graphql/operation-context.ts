import type { Logger } from 'pino';
import { shorten } from '../../base/cut-text.ts';
import type { Actor } from '../../changes/audit.ts';
import type { Context, Services } from '../../context.ts';
import { ResultBudget, type ResultLimits } from '../../limits/result-budget.ts';
import type { RequestAccounts } from '../guards/rate-limit.ts';
import type { Identify, Identity } from '../request/identify.ts';
import type { RequestContext } from '../request/request-context.ts';
import type { RequestIds } from '../request/request-ids.ts';

export interface OperationContextOptions {
  services: Services;
  identify: Identify;
  accounts: RequestAccounts;
  requestIds: Pick<RequestIds, 'addressOf'>;
  log: Logger;
  /** The limits of each result. */
  limits: ResultLimits;
}

/** Characters that are kept of the header `User-Agent`. */
const longestAgent = 200;

/** Makes the context of an operation. */
export type CreateOperationContext = (request: Request, facts: RequestContext) => Promise<Context>;

/**
 * Returns the function that makes the context of an operation.
 *
 * @param options The function rejects as its `identify` does.
 */
export function createOperationContext({
  services,
  identify,
  accounts,
  requestIds,
  log,
  limits,
}: OperationContextOptions): CreateOperationContext {
  /** The services are not copied into each context but are its prototype: copying took a twentieth of a small read. */
  class OperationContext {
    readonly viewer: Context['viewer'];
    readonly agentNode: Context['agentNode'];
    readonly ticket: Context['ticket'];
    readonly account: Context['account'];
    readonly resultBudget = new ResultBudget(limits);
    readonly request: Request;
    readonly facts: RequestContext;

    constructor(request: Request, facts: RequestContext, { viewer, agentNode, ticket }: Identity) {
      this.viewer = viewer;
      this.agentNode = agentNode;
      this.ticket = ticket;
      this.account = accounts.get(request);
      this.request = request;
      this.facts = facts;
    }

    // Few operations need these three, and they cost a small read a noticeable part of its time.
    get signal(): AbortSignal {
      return this.facts.signal ?? this.request.signal;
    }

    get actor(): Actor {
      const request = this.facts.sentRequest ?? this.request;
      const agent = request.headers.get('user-agent');
      return {
        userId: this.viewer?.userId ?? '',
        apiTokenId: this.viewer?.apiTokenId ?? null,
        address: requestIds.addressOf(request),
        userAgent: agent === null ? null : shorten(agent, longestAgent),
      };
    }

    get log(): Logger {
      const { httpRequestId } = this.facts;
      return httpRequestId === undefined ? log : log.child({ httpRequestId });
    }
  }
  Object.setPrototypeOf(OperationContext.prototype, services);
  return async (request, facts) =>
    new OperationContext(request, facts, await identify(request)) as OperationContext & Services;
}

/** A copy with all fields as its own, for code that copies a context by its own fields only, as Yoga does. */
export function copyContext(context: Context, services: Services): Context {
  const { actor, signal, log } = context;
  return { ...services, ...context, actor, signal, log };
}
