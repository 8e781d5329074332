import { GatewayError } from '../../client/errors.ts';

export interface Taking<T> {
  next(item: T): void;
  /** Called when the gateway has sent everything, or refuses to send more. */
  ended(): void;
  /** Aborts to stop. After that, neither `next` nor `ended` is called. */
  signal: AbortSignal;
}

/** Calls `next` with each item of a subscription until it ends. */
export async function take<T>(items: AsyncIterable<T>, { next, ended, signal }: Taking<T>): Promise<void> {
  try {
    for await (const item of items) {
      if (signal.aborted) return;
      next(item);
    }
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof GatewayError)) throw error;
  }
  ended();
}
