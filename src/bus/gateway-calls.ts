/** Answers the calls of one name. What it throws as a `GatewayError`, the caller gets. Arguments and results are JSON. */
export type CallHandler = (argument: unknown) => Promise<unknown>;

/**
 * Lets gateways that share a database ask each other, by their ids. A call may be lost, and an answer too: a caller that
 * got none does not know whether the call was executed, so calls that are repeated must do no harm.
 */
export interface GatewayCalls {
  /** The id of this gateway, new at each start. */
  readonly gatewayId: string;
  /** Answers calls of this name to this gateway, also its own, until the result is disposed. One handler for each name. */
  answer(name: string, handler: CallHandler): Disposable;
  /**
   * Calls a gateway and waits for its answer.
   *
   * @throws GatewayUnreachableError when no gateway with this id listens, or nothing came within `timeoutMs`; the
   *   `GatewayError` that the handler threw.
   */
  ask(gatewayId: string, name: string, argument: unknown, options: AskOptions): Promise<unknown>;
  /**
   * Calls a gateway and waits for nothing. Calls to one gateway arrive in the order of `tell`, unless they are lost,
   * which they are while Redis is away. Never throws.
   */
  tell(gatewayId: string, name: string, argument: unknown): void;
}

interface AskOptions {
  /** Milliseconds to wait for the answer. */
  timeoutMs: number;
}

/** A call that no gateway has answered. It may have been executed all the same. */
export class GatewayUnreachableError extends Error {
  override readonly name = 'GatewayUnreachableError';

  constructor(gatewayId: string, reason: string) {
    super(`The gateway ${gatewayId} did not answer: ${reason}.`);
  }
}
