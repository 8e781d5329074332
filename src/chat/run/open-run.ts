import { encodeId } from '../../base/global-id.ts';
import { GatewayError, sessionNotFound } from '../../errors.ts';
import type { Prisma, Run } from '../../generated/prisma/client.ts';
import type { Database } from '../../storage/database.ts';
import { notDeleted } from '../../storage/hidden-rows.ts';
import { isMissingRow, isUniqueConflict } from '../../storage/prisma-error.ts';
import type { ResolvedModel } from '../models/models.ts';
import type { PartialSettings } from '../models/settings/model-settings.ts';
import { storeSettings } from '../models/settings/stored-settings.ts';
import { countTokens } from '../usage/estimate-tokens.ts';

/** What happens to a prompt when its session has a live run. */
export type OnBusy = 'REJECT' | 'INTERRUPT' | 'ENQUEUE';

export interface OpenRunOptions {
  sessionId: number;
  prompt: string;
  /** The client's idempotency key: the same key opens only one run. */
  requestId?: string | null | undefined;
  onBusy: OnBusy;
  model: Pick<ResolvedModel, 'providerName' | 'modelName'>;
  /** What the prompt itself asks of the model. */
  settings?: PartialSettings | null | undefined;
  /** Runs of the session that may wait in the queue at once. */
  maxQueued: number;
  /** Called with the number of messages that the session would have. An error that it throws refuses the run. */
  checkMessages: (messageCount: number) => void;
  /** Called before a run is opened that starts at once. An error that it throws refuses the run. */
  claimSlot: () => void;
}

/** Filters the runs that are live or wait in the queue. */
export const unfinished = { in: ['RUNNING', 'QUEUED'] } satisfies Prisma.EnumRunStatusFilter;

type Transaction = Prisma.TransactionClient;

export interface OpenedRun {
  run: Run;
  /** False when another send with the same request id opened the run first. */
  opened: boolean;
}

/**
 * Opens a run in one transaction: the user's message, the assistant's empty message, and the run, which is RUNNING when
 * the session was idle and otherwise QUEUED. For `INTERRUPT` the caller cancels the other runs.
 *
 * @throws GatewayError NOT_FOUND, RUN_IN_PROGRESS, REQUEST_ID_REUSED, RATE_LIMITED, and what `claimSlot` and
 *   `checkMessages` throw.
 */
export async function openRun(database: Database, options: OpenRunOptions): Promise<OpenedRun> {
  const tokenCount = await countTokens(options.prompt);
  try {
    const run = await database.$transaction(async (tx) => {
      const status = await newRunStatus(tx, options);
      return insert(tx, options, status, tokenCount);
    });
    return { run, opened: true };
  } catch (error) {
    if (isMissingRow(error)) throw sessionNotFound(options.sessionId);
    // Another send with the same request id may have been faster. Then this one fails at a unique index, or because
    // the session is busy with the run of the other send.
    const known = await findByRequestId(database, options);
    if (known) return { run: known, opened: false };
    throw isUniqueConflict(error) ? runInProgress() : error;
  }
}

/**
 * The run that was opened with this request id, if any.
 *
 * @throws GatewayError REQUEST_ID_REUSED.
 */
export async function findByRequestId(
  tx: Transaction,
  { sessionId, requestId, prompt }: Pick<OpenRunOptions, 'sessionId' | 'requestId' | 'prompt'>,
): Promise<Run | undefined> {
  if (!requestId) return undefined;
  const known = await tx.run.findUnique({
    where: { sessionId_requestId: { sessionId, requestId }, session: notDeleted },
    include: { userMessage: { select: { content: true } } },
  });
  if (known === null) return undefined;
  const { userMessage, ...run } = known;
  if (userMessage && userMessage.content !== prompt) {
    const message =
      'This request id was used before with another prompt; a new prompt needs a new request id.';
    throw new GatewayError('REQUEST_ID_REUSED', message, { field: 'input.requestId' });
  }
  return run;
}

async function newRunStatus(tx: Transaction, { sessionId, onBusy, maxQueued, claimSlot }: OpenRunOptions) {
  const live = await tx.run.findMany({
    where: { sessionId, status: unfinished },
    select: { id: true },
    orderBy: { id: 'asc' },
  });
  if (live.length === 0) {
    claimSlot();
    return 'RUNNING' as const;
  }
  if (onBusy === 'REJECT') throw runInProgress(live[0]?.id);
  if (onBusy === 'ENQUEUE' && live.length > maxQueued) {
    throw queueFull(maxQueued);
  }
  return 'QUEUED' as const;
}

async function insert(
  tx: Transaction,
  { sessionId, prompt, requestId, model, settings, checkMessages }: OpenRunOptions,
  status: 'RUNNING' | 'QUEUED',
  tokenCount: number,
): Promise<Run> {
  const user = { sessionId, role: 'USER', status: 'COMPLETE', content: prompt, tokenCount } as const;
  const userMessage = await tx.message.create({ data: user });
  const assistant = { sessionId, role: 'ASSISTANT', status: 'STREAMING' } as const;
  const assistantMessage = await tx.message.create({ data: assistant });
  const now = new Date();
  const { messageCount } = await tx.session.update({
    where: { id: sessionId, ...notDeleted },
    data: {
      updatedAt: now,
      lastActivityAt: now,
      messageCount: { increment: 2 },
      storedBytes: { increment: Buffer.byteLength(prompt) },
    },
  });
  checkMessages(messageCount);
  return tx.run.create({
    data: {
      sessionId,
      requestId: requestId || null,
      status,
      userMessageId: userMessage.id,
      assistantMessageId: assistantMessage.id,
      providerName: model.providerName,
      modelName: model.modelName,
      settings: storeSettings(settings),
      startedAt: status === 'RUNNING' ? new Date() : null,
    },
  });
}

export function queueFull(maxQueued: number): GatewayError {
  const message = `${maxQueued} prompts already wait in this session; wait for an answer or cancel a prompt.`;
  return new GatewayError('RATE_LIMITED', message, { limit: 'MAX_QUEUED_RUNS' });
}

function runInProgress(runId?: number): GatewayError {
  const message =
    'This session is already answering a prompt. Wait, cancel it, or send with onBusy: ENQUEUE or INTERRUPT.';
  return new GatewayError('RUN_IN_PROGRESS', message, { ...(runId && { runId: encodeId('Run', runId) }) });
}
