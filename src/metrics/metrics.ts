/** The kinds of tokens that a provider counts. */
type TokenKind = 'input' | 'cached_input' | 'cache_write_input' | 'output' | 'reasoning';

/** How a run ended. */
export interface EndedRun {
  providerName: string;
  /** `COMPLETED`, `CANCELLED` or `FAILED`. */
  status: string;
  /** A `RunFailureCode` for a run that failed, or else an empty text. */
  code: string;
  /** From the moment when it was started. */
  seconds: number;
  tokens: Readonly<Record<TokenKind, number>>;
}

/**
 * What the gateway counts for `GET /metrics` (README.md has the table). A gateway without metrics has no such object, so
 * that counting costs it nothing. No method throws or waits.
 */
export interface Metrics {
  /**
   * A response has ended.
   *
   * @param route A REST operation, or a part of the gateway such as `graphql`: never a text of a client.
   * @param status Undefined when the client left before the response began.
   * @param seconds Undefined for an event stream, whose length says nothing about the gateway.
   */
  requestEnded(route: string, status: number | undefined, seconds: number | undefined): void;
  runEnded(run: EndedRun): void;
  /** Seconds from the prompt to the first words of its answer, with the wait in the queue. */
  firstWords(providerName: string, seconds: number): void;
  /** Seconds from the moment when a run event was in the log until a follower took it to send it. */
  delivered(seconds: number): void;
  /** A follower that lags got fewer run events, because deltas were merged. */
  merged(deltas: number): void;
  /** A prepared statement was executed. */
  statement(sql: string): void;
}

/** What a scrape reads at its moment. */
export interface CurrentNumbers {
  liveRuns(): number;
  /** Live runs that wait for nothing but decisions about tool calls. */
  waitingRuns(): number;
  /** Runs that wait for the run before them, in the whole database. */
  queuedRuns(): Promise<number>;
  /** Subscriptions that are open. */
  followers(): number;
  /** Nodes whose agent is connected to this gateway. */
  connectedNodes(): number;
}

/** The counted numbers, for a scraper. */
export interface MetricsReport {
  /** The `Content-Type` of the text. */
  readonly contentType: string;
  /** The text in the exposition format of Prometheus. */
  read(): Promise<string>;
}
