/** The response of the scripted model to one request, step by step. */
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
  | { type: 'text'; deltas: string[] }
  | { type: 'reasoning'; deltas: string[]; signature?: string | undefined }
  | { type: 'toolCall'; id: string; name: string; fragments: string[]; signature?: string | undefined };

export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter';

export interface UsageStep {
  type: 'usage';
  /** All input tokens, the cached ones included. */
  input: number;
  /** All output tokens, the reasoning ones included. */
  output: number;
  /** The part of the input that was read from the provider's cache. */
  cached: number;
  /** The part of the input that was written to the provider's cache. */
  cacheWrite: number;
  reasoning: number;
  /** False for a provider that reports no usage at all. */
  reported: boolean;
}

/** The error of a provider. Each wire format uses the fields that it has. */
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
  /** The body, sent unchanged. Default: the error body of the wire format, made of `error`. */
  body: string | undefined;
  error: ErrorWords;
}

/** A step at which the response waits until the test calls `release`. */
export interface Gate {
  type: 'gate';
  /** Resolves when everything before the gate was sent. */
  reached: Promise<void>;
  release(): void;
  /** Called by the model server when it comes to the gate. */
  pass(): Promise<void>;
}

/** One chunk per delta. */
export function reasoning(...deltas: string[]): TurnStep {
  return { type: 'reasoning', deltas };
}

/** Reasoning or a tool call with a signature, which Anthropic puts at reasoning, and Google at tool calls. */
export function signed(step: TurnStep, signature: string): TurnStep {
  return { ...step, signature } as TurnStep;
}

/** One chunk per delta. */
export function text(...deltas: string[]): TurnStep {
  return { type: 'text', deltas };
}

/** The arguments are streamed in fragments of a few characters, except by Google, which sends them whole. */
export function toolCall(id: string, name: string, args: unknown): TurnStep {
  return { type: 'toolCall', id, name, fragments: JSON.stringify(args).match(/.{1,5}/gsu) ?? [] };
}

/** The tokens to report. A turn without this step reports 10 input and 5 output tokens. */
export function usage(tokens: {
  input: number;
  output: number;
  cached?: number;
  cacheWrite?: number;
  reasoning?: number;
}): UsageStep {
  return { type: 'usage', cached: 0, cacheWrite: 0, reasoning: 0, reported: true, ...tokens };
}

/** A provider that reports no usage. */
export function noUsage(): UsageStep {
  return { ...usage({ input: 0, output: 0 }), reported: false };
}

/** Ends the turn with this reason. Default of a turn: `tool-calls` if it has tool calls, otherwise `stop`. */
export function finish(reason: FinishReason): TurnStep {
  return { type: 'finish', reason };
}

/** Ends the body normally, but without the frame with which a provider says that it has finished. */
export function endWithoutFinish(): TurnStep {
  return { type: 'end' };
}

/** Breaks the connection. As the first step: before the response headers. */
export function cutSocket(): TurnStep {
  return { type: 'cut' };
}

/** Sends nothing more until the client disconnects. As the first step: not even the response headers. */
export function silence(): TurnStep {
  return { type: 'silence' };
}

/** Sends this text unchanged instead of a frame. */
export function raw(frame: string): TurnStep {
  return { type: 'raw', frame };
}

/** A frame that is not JSON. */
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

/** A gate that is closed until the test calls `release`. */
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

/** A promise that the caller resolves. */
export function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
