/** What a scripted model does to answer one request, step by step. */
export type Turn = readonly TurnStep[];

export type TurnStep =
  | ContentStep
  | UsageStep
  | { type: 'finish'; reason: FinishReason }
  | { type: 'end' }
  | { type: 'cut' }
  | { type: 'silence' }
  | { type: 'raw'; frame: string }
  | ErrorChunkStep
  | StatusStep
  | Gate;

export type ContentStep =
  | { type: 'reasoning' | 'text'; deltas: string[] }
  | { type: 'toolCall'; id: string; name: string; fragments: string[] };

export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter';

export interface UsageStep {
  type: 'usage';
  /** All input tokens, the cached ones included. */
  input: number;
  /** All output tokens, the reasoning ones included. */
  output: number;
  cached: number;
  reasoning: number;
  /** False for a provider that reports no usage at all. */
  reported: boolean;
}

/** What a provider calls an error; each wire format takes what it knows. */
export interface ErrorWords {
  /** OpenAI's and Anthropic's `type`, Google's `status`. */
  type?: string;
  /** OpenAI's `code`, Google's numeric `code`. */
  code?: string | number;
  message?: string;
}

interface ErrorChunkStep {
  type: 'errorChunk';
  error: ErrorWords;
}

export interface StatusStep {
  type: 'status';
  status: number;
  headers: Record<string, string>;
  /** Sent as it is. Default: the format's own error body, made of `error`. */
  body: string | undefined;
  error: ErrorWords;
}

/** A place in a turn where the answer stands still until the test lets it go on. */
export interface Gate {
  type: 'gate';
  /** Settles when the answer has come to the gate: everything before it was sent. */
  reached: Promise<void>;
  release(): void;
  /** For the server. */
  pass(): Promise<void>;
}

/** One chunk per delta. */
export function reasoning(...deltas: string[]): TurnStep {
  return { type: 'reasoning', deltas };
}

/** One chunk per delta. */
export function text(...deltas: string[]): TurnStep {
  return { type: 'text', deltas };
}

/** The arguments are streamed in fragments of a few characters, except by Google, which sends them whole. */
export function toolCall(id: string, name: string, args: unknown): TurnStep {
  return { type: 'toolCall', id, name, fragments: JSON.stringify(args).match(/.{1,5}/gsu) ?? [] };
}

/** The tokens to report. A turn without this step reports 10 in, 5 out. */
export function usage(tokens: {
  input: number;
  output: number;
  cached?: number;
  reasoning?: number;
}): UsageStep {
  return { type: 'usage', cached: 0, reasoning: 0, reported: true, ...tokens };
}

/** A provider that reports no usage. */
export function noUsage(): UsageStep {
  return { ...usage({ input: 0, output: 0 }), reported: false };
}

/** Ends the turn. A turn that ends without a step of its own ends like this, with the fitting reason. */
export function finish(reason: FinishReason): TurnStep {
  return { type: 'finish', reason };
}

/** Ends the body in good order, but the provider never said that it was finished. */
export function endWithoutFinish(): TurnStep {
  return { type: 'end' };
}

/** Breaks the connection. As the first step: before the response headers. */
export function cutSocket(): TurnStep {
  return { type: 'cut' };
}

/** Says nothing more, until the client goes. As the first step: not even the response headers. */
export function silence(): TurnStep {
  return { type: 'silence' };
}

/** What is sent as it stands, where a frame was due. */
export function raw(frame: string): TurnStep {
  return { type: 'raw', frame };
}

/** A frame that is no JSON. */
export function garbage(): TurnStep {
  return raw('data: {"this is": no JSON\n\n');
}

/** An error in the middle of a stream that began with 200. */
export function errorChunk(error: ErrorWords): TurnStep {
  return { type: 'errorChunk', error };
}

/** Refuses the request. The only step of its turn. */
export function status(
  code: number,
  options: { headers?: Record<string, string>; body?: string; error?: ErrorWords } = {},
): TurnStep {
  return {
    type: 'status',
    status: code,
    headers: options.headers ?? {},
    body: options.body,
    error: options.error ?? {},
  };
}

export function createGate(): Gate {
  const reached = deferred();
  const released = deferred();
  return {
    type: 'gate',
    reached: reached.promise,
    release: released.resolve,
    pass() {
      reached.resolve();
      return released.promise;
    },
  };
}

export function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
