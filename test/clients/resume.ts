/** What takes the results of a subscription. */
export interface Sink {
  // biome-ignore lint/suspicious/noExplicitAny: results have the shape of their document
  next(result: any): void;
  error(error: unknown): void;
  complete(): void;
}

/** The client of graphql-sse or of graphql-ws, made with `retryAttempts: 0`. */
interface StreamClient {
  subscribe(operation: { query: string; variables?: Record<string, unknown> }, sink: Sink): () => void;
}

const attempts = 8;

/**
 * Follows a run. After a lost connection it subscribes again with `after`, the `seq` of the last run event, so that nothing
 * comes twice and nothing is missed. A prompt needs its `requestId`, so that it is not sent twice either.
 *
 * @returns The function that stops it.
 */
export function follow(client: StreamClient, query: string, variables: object, sink: Sink): () => void {
  let { after } = variables as { after?: number };
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let unsubscribe = () => {};
  const begin = () => {
    unsubscribe = client.subscribe(
      { query, variables: { ...variables, after } },
      {
        next(result) {
          failures = 0;
          const [event] = Object.values(result.data ?? {}) as ({ seq?: number } | null)[];
          after = event?.seq ?? after;
          sink.next(result);
        },
        error(error) {
          if (!isLoss(error) || failures >= attempts) return sink.error(error);
          failures += 1;
          timer = setTimeout(begin, Math.random() * 100 * 2 ** failures);
        },
        complete: () => sink.complete(),
      },
    );
  };
  begin();
  return () => {
    clearTimeout(timer);
    unsubscribe();
  };
}

/** Whether the connection was lost: neither GraphQL errors, nor a refusal of graphql-sse, nor a fatal close of graphql-ws. */
function isLoss(error: unknown): boolean {
  const { response, code } = error as { response?: unknown; code?: unknown };
  return !Array.isArray(error) && response === undefined && !(Number(code) >= 4400);
}
