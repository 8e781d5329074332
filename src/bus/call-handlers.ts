import type { CallHandler } from './gateway-calls.ts';

/** The handlers of a gateway, by the names of the calls that they answer. */
export class CallHandlers {
  readonly #handlers = new Map<string, CallHandler>();

  /** @throws Error if the name has a handler already. */
  add(name: string, handler: CallHandler): Disposable {
    if (this.#handlers.has(name)) throw new Error(`Calls of ${name} are answered already.`);
    this.#handlers.set(name, handler);
    return { [Symbol.dispose]: () => void this.#handlers.delete(name) };
  }

  /** @throws What the handler throws; Error if no handler has the name. */
  async run(name: string, argument: unknown): Promise<unknown> {
    const handler = this.#handlers.get(name);
    if (handler === undefined) throw new Error(`This gateway answers no calls of ${name}.`);
    return await handler(argument);
  }
}
