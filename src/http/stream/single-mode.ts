import type { Logger } from 'pino';
import { whenAborted } from '../../base/when-aborted.ts';
import { GatewayError, refusal } from '../../errors.ts';
import type { Traces } from '../../traces/traces.ts';
import { type ReadOptions, type RequestParams, readParams } from '../request/read-params.ts';
import { sendErrors } from '../request/refusal.ts';
import { traceOperation } from '../request/trace-operation.ts';
import { deliver } from './deliver.ts';
import { type Exchange, prepareExchange } from './exchange.ts';
import type { FrameBudget } from './frame-budget.ts';
import { framesOf } from './frames.ts';
import type { GraphQLServer } from './graphql-server.ts';
import type { Reservations } from './reservations.ts';
import type { ReservedStream } from './reserved-stream.ts';
import type { StreamOwner } from './stream-owner.ts';

export interface SingleModeOptions extends ReadOptions {
  yoga: GraphQLServer;
  reservations: Reservations;
  /** Most operations that one stream carries at a time. */
  maxOperationsPerStream: number;
  frameBudget: FrameBudget;
  log: Logger;
  /** Undefined for a gateway that makes no traces. Default: undefined. */
  traces?: Traces | undefined;
  /** Whether the gateway closes all streams. */
  isClosing: () => boolean;
}

/** A stream and the token with which a request names it. */
export interface NamedStream {
  readonly token: string;
  readonly stream: ReservedStream;
}

/** Every frame repeats the id, so a long id would cost much. */
const maxOperationIdLength = 256;

/** `PUT`: reserves a stream and answers 201 with its token. Ignores a token in the request. */
export function reserveStream(
  { outgoing, accept }: Exchange,
  owner: string,
  reservations: Reservations,
): void {
  if (accept.quality('text/plain') === 0) {
    throw refusal(
      'NOT_ACCEPTABLE',
      'A stream token is sent as text/plain, which the Accept header does not allow.',
    );
  }
  const token = reservations.reserve(owner);
  outgoing.writeHead(201, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  outgoing.end(token);
}

/**
 * `GET`: opens a reserved stream. Resolves when it is closed and its operations have ended. When the token of its owner
 * becomes invalid, the stream ends with its last operation.
 */
export async function openStream(
  { outgoing }: Exchange,
  { token, stream }: NamedStream,
  owner: StreamOwner,
  reservations: Reservations,
): Promise<void> {
  const { closed } = reservations.open(token, stream, outgoing);
  using watch = owner.watch();
  if (watch) whenAborted(watch.signal, () => stream.retire());
  await new Promise<void>((resolve) => {
    if (closed.aborted) resolve();
    closed.addEventListener('abort', () => resolve(), { once: true });
  });
  await stream.close();
}

/** `DELETE`: stops an operation. Answers 200 for any id, because the operation may just have completed. */
export function stopOperation({ outgoing, url }: Exchange, { stream }: NamedStream): void {
  const id = url.searchParams.get('operationId');
  if (!id) throw refusal('BAD_REQUEST', 'The search parameter "operationId" is missing.');
  stream.stop(id);
  outgoing.writeHead(200, { 'content-length': 0 }).end();
}

/**
 * `POST`, or `GET` with a query: starts an operation and answers 202. Its results go over the stream, and so do errors in
 * its document, because the client looks for them there. If the `Accept` header names a JSON type, these errors are
 * answered with 400 instead.
 */
export async function startOperation(
  exchange: Exchange,
  named: NamedStream,
  options: SingleModeOptions,
): Promise<void> {
  const { incoming, outgoing, url, accept, abort, present } = exchange;
  const { yoga, frameBudget } = options;
  if (accept.quality('application/json') === 0 && accept.quality('application/graphql-response+json') === 0) {
    throw refusal(
      'NOT_ACCEPTABLE',
      'The response is application/json, which the Accept header does not allow.',
    );
  }
  const params = await readParams(incoming, url, options);
  const id = readOperationId(params);
  assertCapacity(named, id, options);
  const operation = prepareExchange(yoga, exchange, params);
  if (operation.kind === 'invalid' && wantsJson(exchange)) return sendErrors(outgoing, 400, operation.errors);
  // A client that leaves before the response does not know that it should stop the operation.
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) abort.abort();
  });
  if (outgoing.destroyed) return;
  const { stream } = named;
  const { opened } = stream;
  const delivery = { opened, frames: framesOf(id), signal: abort.signal, frameBudget, present };
  const logEnd = watchOperation(exchange, stream, options);
  const work = () => deliver(operation.start, delivery).finally(logEnd);
  const { traces } = options;
  stream.run(id, abort, traces ? () => traceOperation(traces, exchange.facts, {}, work) : work);
  outgoing.writeHead(202, { 'content-length': 0 }).end();
}

/** Returns a function that logs the end of an operation: the access log has only the request that started it. */
function watchOperation(
  { abort, facts, init: { httpRequestId } }: Exchange,
  stream: ReservedStream,
  { log, isClosing }: SingleModeOptions,
): () => void {
  const startedAt = performance.now();
  return () => {
    const ms = Math.round(performance.now() - startedAt);
    let ended = abort.signal.aborted ? 'stopped by the client' : 'complete';
    if (stream.isClosed) ended = isClosing() ? 'the gateway stops' : 'the client left';
    log.info({ httpRequestId, ...facts, ended, ms }, 'operation ended');
  };
}

function assertCapacity({ token, stream }: NamedStream, id: string, options: SingleModeOptions): void {
  // The stream may have been closed while the body came in.
  if (options.reservations.find(token, stream.owner) !== stream) {
    throw refusal('NOT_FOUND', 'Stream not found.');
  }
  if (stream.operations.has(id)) {
    throw refusal('CONFLICT', 'An operation with this id is already running on the stream.');
  }
  if (stream.operations.size >= options.maxOperationsPerStream) {
    const message = `The stream already carries ${options.maxOperationsPerStream} operations; stop one first.`;
    throw new GatewayError('RATE_LIMITED', message, { limit: 'MAX_OPERATIONS_PER_STREAM' });
  }
}

function readOperationId({ extensions }: RequestParams): string {
  const id = extensions?.['operationId'];
  if ((typeof id !== 'string' && typeof id !== 'number') || id === '') {
    throw refusal('BAD_REQUEST', 'The parameter "extensions.operationId" is missing.');
  }
  const text = String(id);
  if (text.length > maxOperationIdLength) {
    throw refusal('BAD_REQUEST', `An operation id has at most ${maxOperationIdLength} characters.`);
  }
  return text;
}

function wantsJson({ accept }: Exchange): boolean {
  return accept.names('application/json') || accept.names('application/graphql-response+json');
}
