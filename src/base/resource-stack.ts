/** Resources that are disposed together, the newest first. Node.js 20 lacks the standard `AsyncDisposableStack`. */
export class ResourceStack implements AsyncDisposable {
  readonly #resources: (Disposable | AsyncDisposable)[] = [];

  /** Returns the resource. */
  use<T extends Disposable | AsyncDisposable>(resource: T): T {
    this.#resources.push(resource);
    return resource;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const resource of this.#resources.reverse()) {
      if (Symbol.asyncDispose in resource) await resource[Symbol.asyncDispose]();
      else resource[Symbol.dispose]();
    }
  }
}
