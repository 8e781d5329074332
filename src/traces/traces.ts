/** What a span says about itself. Names follow the semantic conventions of OpenTelemetry; our own begin with `switchyard.`. */
export type Attributes = Readonly<Record<string, string | number | boolean | string[] | undefined>>;

/** The place of a span in its trace, as W3C Trace Context writes it in headers of HTTP. */
export interface TraceContext {
  traceparent: string;
  tracestate?: string;
}

/** One piece of work, from its start to its end. No method throws. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** With it, another process goes on with the trace. */
  readonly context: TraceContext;
  rename(name: string): void;
  /** Adds attributes. Those that are undefined are left out. */
  set(attributes: Attributes): void;
  /** Says that the work has failed, and of what kind the error is: a code, never a text of somebody. */
  fail(errorType: string): void;
  /** The span is sent. One that never ends is not. */
  end(): void;
}

export interface SpanOptions {
  /** `server`: work that another process has asked for. `client`: work that another process does. */
  kind: 'server' | 'client' | 'internal';
  attributes?: Attributes;
  /**
   * What the span is a part of: a span of this process, or what another process has sent, where it is well-formed.
   * Null: it begins a trace. Default: the span in which this code runs.
   */
  parent?: Span | Partial<TraceContext> | null | undefined;
  /** A span that has to do with this one and is not its parent. */
  link?: Span | undefined;
}

/**
 * Makes spans and sends them (README.md lists them). A process without traces has no such object, so that they cost it
 * nothing. No method but the disposal waits. Disposing sends what has ended, for some seconds at most.
 */
export interface Traces extends AsyncDisposable {
  start(name: string, options: SpanOptions): Span;
  /** Does work in a span: its code, with all that it waits for, finds the span as `current`. The caller ends the span. */
  within<Result>(span: Span, work: () => Result): Result;
  /** The span in which this code runs. */
  readonly current: Span | undefined;
}
