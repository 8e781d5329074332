import { CloseCode } from 'graphql-ws';
import { shareTurn } from '../../base/share-turn.ts';
import { GatewayError } from '../../errors.ts';
import type { Span, TraceContext } from '../../traces/traces.ts';
import { checkParams } from '../request/read-params.ts';
import { factsOf, noteErrors, type RequestFacts } from '../request/request-facts.ts';
import { traceOperation } from '../request/trace-operation.ts';
import { deliver } from '../stream/deliver.ts';
import { prepareOperation } from '../stream/prepare-operation.ts';
import { createErrorPresenter, type PresentError } from '../stream/present-error.ts';
import type { SocketWriter } from './frame-writer.ts';
import { SocketFault } from './messages.ts';
import { operationFrames } from './operation-frames.ts';
import type { SocketParts } from './socket-parts.ts';

/** The operations of one socket. */
export interface SocketOperations {
  /** How many have not settled, those included that the client has stopped. */
  readonly running: number;
  /** @throws SocketFault if an operation has this id already. */
  start(id: string, payload: unknown): void;
  /** Ignores an unknown id, because the operation may just have completed. */
  stop(id: string): void;
  /** Stops all. */
  stopAll(): void;
  /** Resolves when all have settled. */
  settled(): Promise<unknown>;
}

/** Where the operations of a socket come from, and where their results go. */
export interface OperationsOptions {
  parts: SocketParts;
  writer: SocketWriter;
  /** Makes the request of an operation, by which its sender is known and charged. */
  newRequest: () => Request;
  /** Counts a request. Resolves with the error that refuses it, or undefined. */
  admit: (request: Request) => Promise<GatewayError | undefined>;
  httpRequestId: string;
  /** Called when an operation has settled. */
  onSettled: () => void;
  /** Why the socket has been closed; undefined while it is open. */
  ended: () => string | undefined;
}

interface OpenedOptions extends OperationsOptions {
  /** The span of the request that opened the socket. An operation is linked to it, because sockets are open for hours. */
  opener: Span | undefined;
}

export function createSocketOperations(options: OperationsOptions): SocketOperations {
  const { parts, writer, httpRequestId, onSettled } = options;
  const opened = { ...options, opener: parts.traces?.current };
  const { log, maxOperations } = parts;
  const known = new Map<string, AbortController>();
  const running = new Set<Promise<void>>();
  return {
    get running() {
      return running.size;
    },
    start(id, payload) {
      if (known.has(id)) {
        throw new SocketFault(CloseCode.SubscriberAlreadyExists, 'An operation has this id already.');
      }
      if (running.size >= maxOperations) {
        const message = `The socket already carries ${maxOperations} operations; complete one first.`;
        const error = new GatewayError('RATE_LIMITED', message, { limit: 'MAX_OPERATIONS_PER_STREAM' });
        const present = createErrorPresenter(log, httpRequestId, {});
        writer.write(operationFrames(id).error([present(error)]));
        return;
      }
      const abort = new AbortController();
      known.set(id, abort);
      const settle = () => {
        if (known.get(id) === abort) known.delete(id);
        running.delete(operation);
        onSettled();
      };
      const operation = run(id, payload, abort.signal, opened)
        .catch((err: unknown) => log.error({ err, httpRequestId }, 'Delivering an operation failed.'))
        .then(settle);
      running.add(operation);
    },
    stop(id) {
      known.get(id)?.abort();
      known.delete(id);
    },
    stopAll() {
      for (const abort of known.values()) abort.abort();
      known.clear();
    },
    settled: () => Promise.all(running),
  };
}

/** Executes an operation as a request of its own. Whatever is wrong with it becomes its result. */
async function run(id: string, payload: unknown, signal: AbortSignal, options: OpenedOptions) {
  const { parts, newRequest, opener } = options;
  const request = newRequest();
  const work = () => answer(id, payload, signal, { ...options, request });
  const { traces } = parts;
  if (!traces) return await work();
  const origin = { parent: traceContextIn(payload), link: opener };
  await traceOperation(traces, factsOf(request), origin, work);
}

/** What a client says of its trace: headers do not come with the operations of a socket. */
function traceContextIn(payload: unknown): Partial<TraceContext> | null {
  const { extensions } = Object(payload) as { extensions?: unknown };
  const { traceparent, tracestate } = Object(extensions) as Partial<Record<keyof TraceContext, unknown>>;
  if (typeof traceparent !== 'string') return null;
  return { traceparent, ...(typeof tracestate === 'string' && { tracestate }) };
}

async function answer(
  id: string,
  payload: unknown,
  signal: AbortSignal,
  options: OpenedOptions & { request: Request },
) {
  const { parts, writer, request, httpRequestId } = options;
  const facts = factsOf(request);
  const present = createErrorPresenter(parts.log, httpRequestId, facts);
  const logEnd = watchOperation(facts, signal, options);
  try {
    await perform(id, payload, signal, { ...options, facts, present });
  } catch (error) {
    if (!signal.aborted) writer.write(operationFrames(id).error([present(error)]));
  } finally {
    logEnd();
  }
}

interface Running extends OperationsOptions {
  request: Request;
  facts: RequestFacts;
  present: PresentError;
}

async function perform(id: string, payload: unknown, signal: AbortSignal, running: Running) {
  const { parts, writer, request, admit, httpRequestId, facts, present } = running;
  const { yoga, findDocument, frameBudget, shared } = parts;
  await shareTurn('start');
  const refused = await admit(request);
  if (refused) throw refused;
  const params = checkParams(payload, findDocument);
  const context = { httpRequestId, sentRequest: request, request, params, signal };
  const { kind, errors, start } = prepareOperation(yoga.getEnveloped(context), params, { present, shared });
  noteErrors(facts, errors);
  const frames = operationFrames(id);
  // The result of a query is in memory until it is written, so none is made for a client that does not read.
  while (!writer.writable && !writer.closed.aborted && !signal.aborted) await writer.ready();
  if (signal.aborted) return;
  if (kind === 'invalid') return void writer.write(frames.error(errors));
  await deliver(start, { opened: Promise.resolve(writer), frames, signal, frameBudget, present });
}

/** Returns a function that logs the end of an operation: the access log has only the request that opened the socket. */
function watchOperation(
  facts: RequestFacts,
  signal: AbortSignal,
  { parts, httpRequestId, ended }: OperationsOptions,
) {
  const startedAt = performance.now();
  return () => {
    const ms = Math.round(performance.now() - startedAt);
    const how = ended() ?? (signal.aborted ? 'stopped by the client' : 'complete');
    parts.log.info({ httpRequestId, ...facts, ended: how, ms }, 'operation ended');
  };
}
