import { encodeId } from '../../base/global-id.ts';
import { GatewayError, sessionNotFound } from '../../errors.ts';
import { Prisma, type Run } from '../../generated/prisma/client.ts';
import type { Database } from '../../storage/database.ts';
import type { ResolvedModel } from '../models/models.ts';
import { countTokens } from '../usage/estimate-tokens.ts';

/** What a prompt meets in a session that is already answering one. */
export type OnBusy = 'REJECT' | 'INTERRUPT' | 'ENQUEUE';

export interface OpenRunOptions {
  sessionId: number;
  prompt: string;
  /** The client's idempotency key; the same key opens no second run. */
  requestId?: string | null | undefined;
  onBusy: OnBusy;
  model: Pick<ResolvedModel, 'providerName' | 'modelName'>;
  /** Runs of the session that may wait at once. */
  maxQueued: number;
  /** Called before a run is opened that is to start at once; what it throws refuses it. */
  claimPlace: () => void;
}

type Transaction = Prisma.TransactionClient;

export interface OpenedRun {
  run: Run;
  /** False when the request id was known and the run had been opened before. */
  opened: boolean;
}

/**
 * Opens a run in one transaction: the user's message, the assistant's still empty one, and the run, which is
 * RUNNING when the session was idle and else QUEUED. For `INTERRUPT` it is the caller who cancels the others.
 *
 * @throws GatewayError NOT_FOUND, RUN_IN_PROGRESS, REQUEST_ID_REUSED, RATE_LIMITED, and what `claimPlace` throws.
 */
export async function openRun(database: Database, options: OpenRunOptions): Promise<OpenedRun> {
  const tokenCount = await countTokens(options.prompt);
  try {
    return await database.$transaction(async (tx) => {
      const known = await findKnown(tx, options);
      if (known) return { run: known, opened: false };
      const status = await statusOfNew(tx, options);
      return { run: await insert(tx, options, status, tokenCount), opened: true };
    });
  } catch (error) {
    if (isKnownError(error, 'P2025', 'P2003')) throw sessionNotFound(options.sessionId);
    // The unique indexes have the last word when two sends race.
    if (!isKnownError(error, 'P2002')) throw error;
    const known = await findKnown(database, options);
    if (known) return { run: known, opened: false };
    throw inProgress();
  }
}

/**
 * The run that was opened with this request id, if any.
 *
 * @throws GatewayError REQUEST_ID_REUSED.
 */
export async function findKnown(
  tx: Transaction,
  { sessionId, requestId, prompt }: Pick<OpenRunOptions, 'sessionId' | 'requestId' | 'prompt'>,
): Promise<Run | undefined> {
  if (!requestId) return undefined;
  const known = await tx.run.findUnique({
    where: { sessionId_requestId: { sessionId, requestId } },
    include: { userMessage: { select: { content: true } } },
  });
  if (known === null) return undefined;
  const { userMessage, ...run } = known;
  if (userMessage && userMessage.content !== prompt) {
    const message = 'This request id was used before, with another prompt; a new prompt needs a new one.';
    throw new GatewayError('REQUEST_ID_REUSED', message, { field: 'input.requestId' });
  }
  return run;
}

async function statusOfNew(tx: Transaction, { sessionId, onBusy, maxQueued, claimPlace }: OpenRunOptions) {
  const live = await tx.run.findMany({
    where: { sessionId, status: { in: ['RUNNING', 'QUEUED'] } },
    select: { id: true },
    orderBy: { id: 'asc' },
  });
  if (live.length === 0) {
    claimPlace();
    return 'RUNNING' as const;
  }
  if (onBusy === 'REJECT') throw inProgress(live[0]?.id);
  if (onBusy === 'ENQUEUE' && live.length > maxQueued) {
    const message = `${maxQueued} prompts are waiting in this session already; wait for an answer or cancel one.`;
    throw new GatewayError('RATE_LIMITED', message, { limit: 'MAX_QUEUED_RUNS' });
  }
  return 'QUEUED' as const;
}

async function insert(
  tx: Transaction,
  { sessionId, prompt, requestId, model }: OpenRunOptions,
  status: 'RUNNING' | 'QUEUED',
  tokenCount: number,
): Promise<Run> {
  const user = { sessionId, role: 'USER', status: 'COMPLETE', content: prompt, tokenCount } as const;
  const userMessage = await tx.message.create({ data: user });
  const assistant = { sessionId, role: 'ASSISTANT', status: 'STREAMING' } as const;
  const assistantMessage = await tx.message.create({ data: assistant });
  await tx.session.update({ where: { id: sessionId }, data: { updatedAt: new Date() } });
  return tx.run.create({
    data: {
      sessionId,
      requestId: requestId || null,
      status,
      userMessageId: userMessage.id,
      assistantMessageId: assistantMessage.id,
      providerName: model.providerName,
      modelName: model.modelName,
      startedAt: status === 'RUNNING' ? new Date() : null,
    },
  });
}

function inProgress(runId?: number): GatewayError {
  const message =
    'This session is already answering a prompt. Wait, cancel it, or send with onBusy: ENQUEUE or INTERRUPT.';
  return new GatewayError('RUN_IN_PROGRESS', message, { ...(runId && { runId: encodeId('Run', runId) }) });
}

/** Prisma's error codes: P2002 a unique index, P2003 a foreign key, P2025 a row that is not there. */
function isKnownError(error: unknown, ...codes: string[]): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && codes.includes(error.code);
}
