import { encodeId } from '../../base/global-id.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import { GatewayError, sessionNotFound } from '../../errors.ts';
import type { Run } from '../../generated/prisma/client.ts';
import { isUniqueConflict } from '../../storage/failure/prisma-error.ts';
import type { ChangeOwner } from '../../storage/statements/changes.ts';
import { idList } from '../../storage/statements/dialect.ts';
import { insertAnswer, insertExchange } from '../../storage/statements/exchanges.ts';
import { placesOfMessages } from '../../storage/statements/lines.ts';
import { countPrompt } from '../../storage/statements/run-sessions.ts';
import { insertRun, runByRequestId, unfinishedRuns } from '../../storage/statements/run-states.ts';
import type { Reader, Statements, Writer } from '../../storage/statements/statement.ts';
import { sentAttachmentIds } from '../../storage/statements/uploads.ts';
import { copiedBytes, readAttachments, sendAttachments } from '../attachments/sent-attachments.ts';
import { continueBranch } from '../branches/continue-branch.ts';
import { type PromptPlace, placePrompt } from '../branches/place-prompt.ts';
import type { ResolvedModel } from '../models/models.ts';
import type { PartialSettings } from '../models/settings/model-settings.ts';
import { settingsText } from '../models/settings/stored-settings.ts';
import { runToSteer } from '../steering/run-to-steer.ts';
import { type GivenTools, hasSameTools, storeTools } from '../tool-calls/client-tools/store-tools.ts';
import { countTokens } from '../usage/estimate-tokens.ts';
import { promptChanges } from './run-changes.ts';

/** What happens to a prompt when its session has a live run. */
export type OnBusy = 'REJECT' | 'INTERRUPT' | 'ENQUEUE' | 'STEER';

/** The text of a prompt and its place. */
export interface NewPrompt extends PromptPlace, GivenTools {
  sessionId: number;
  /** Null with `answerTo`. */
  prompt: string | null;
  /** Attachments of the session, in the order in which the model gets them. None with `answerTo`. */
  attachmentIds?: readonly number[] | null | undefined;
}

export interface OpenRunOptions extends NewPrompt {
  /** The client's idempotency key: the same key opens only one run. */
  requestId?: string | null | undefined;
  onBusy: OnBusy;
  /** The gateway that executes the run if it starts at once. */
  gatewayId: string;
  model: Pick<ResolvedModel, 'providerName' | 'modelName'>;
  /** What the prompt itself asks of the model. */
  settings?: PartialSettings | null | undefined;
  /** Runs of the session that may wait in the queue at once. */
  maxQueued: number;
  /** Called with the number of messages that the session would have. An error that it throws refuses the run. */
  checkMessages: (messageCount: number) => void;
  changes: Pick<ChangeLog, 'write'>;
  /** What the session says of `askUser`. */
  sessionAsksUser: boolean;
  /** Called before a run is opened that starts at once. An error that it throws refuses the run. */
  claimSlot: () => void;
}

export interface OpenedRun {
  run: Run;
  /** False when another send with the same request id opened the run first. */
  opened: boolean;
  /** Who is to be told of the new messages, and of a run that has started. */
  told: ChangeOwner[];
  /** The bytes by which tools that are new have made the session grow. */
  toolBytes: number;
}

/**
 * Opens a run in one transaction: the user's message, the assistant's empty message, their place in the session, and the
 * run, which is RUNNING when the session was idle and otherwise QUEUED. For `INTERRUPT` the caller cancels the other runs, and
 * for `STEER` it tells the run that the prompt is to join.
 *
 * @throws GatewayError NOT_FOUND, BAD_USER_INPUT, HEAD_MOVED, RUN_IN_PROGRESS, REQUEST_ID_REUSED, RATE_LIMITED, and what
 *   `claimSlot` and `checkMessages` throw.
 */
export async function openRun(statements: Statements, options: OpenRunOptions): Promise<OpenedRun> {
  const tokenCount = options.prompt === null ? 0 : await countTokens(options.prompt);
  try {
    const opened = await statements.transaction((tx) => insert(tx, options, tokenCount));
    return { ...opened, opened: true };
  } catch (error) {
    // Another send with the same request id may have been faster. Then this one fails at a unique index, or because
    // the session is busy with the run of the other send.
    const known = await findByRequestId(statements, options);
    if (known) return { run: known, opened: false, told: [], toolBytes: 0 };
    throw isUniqueConflict(error) ? runInProgress() : error;
  }
}

/**
 * The run that was opened with this request id, if any.
 *
 * @throws GatewayError REQUEST_ID_REUSED if it was opened for another prompt, or the same at another place.
 */
export async function findByRequestId(
  statements: Reader,
  input: NewPrompt & Pick<OpenRunOptions, 'requestId'>,
): Promise<Run | undefined> {
  const { sessionId, requestId } = input;
  if (!requestId) return undefined;
  const known = await statements.get(runByRequestId, [sessionId, requestId]);
  if (known === undefined) return undefined;
  const { prompt, attachmentCount, ...run } = known;
  if (!isSamePrompt(run, prompt, input)) throw requestIdReused('another prompt');
  if (!(await hasPlace(statements, run, input))) throw requestIdReused('another `replyTo`');
  const isKnown = prompt !== null && !run.answersAgain;
  if (isKnown && !(await hasAttachments(statements, { ...run, attachmentCount }, input))) {
    throw requestIdReused('other attachments');
  }
  if (!(await hasSameTools(statements, run, input)))
    throw requestIdReused('other tools or another `askUser`');
  return run;
}

/** @param text The prompt of the run; null if it was deleted. Then nobody can tell. */
function isSamePrompt(run: Run, text: string | null, { prompt, editOf, answerTo }: NewPrompt): boolean {
  if (run.answersAgain !== (answerTo != null)) return false;
  if (run.answersAgain) return text === null || run.userMessageId === answerTo;
  return run.editOfId === (editOf ?? null) && (text === null || text === prompt);
}

/** Whether a run's prompt follows the answer that the input names, if it names one. */
async function hasPlace(
  statements: Reader,
  { userMessageId }: Pick<Run, 'userMessageId'>,
  { replyTo }: Pick<NewPrompt, 'replyTo'>,
): Promise<boolean> {
  if (replyTo == null || userMessageId === null) return true;
  const [place] = await statements.all(placesOfMessages, [idList([userMessageId])]);
  return place === undefined || place.parentId === replyTo;
}

/** Whether a run's prompt was sent with these attachments, in this order. */
async function hasAttachments(
  statements: Reader,
  { userMessageId, attachmentCount }: Pick<Run, 'userMessageId'> & { attachmentCount: number | null },
  { attachmentIds }: Pick<NewPrompt, 'attachmentIds'>,
): Promise<boolean> {
  const ids = attachmentIds ?? [];
  if (attachmentCount !== ids.length) return false;
  if (ids.length === 0) return true;
  const sent = await statements.all(sentAttachmentIds, [userMessageId ?? 0]);
  return sent.every(({ id }, index) => id === ids[index]);
}

function requestIdReused(what: string): GatewayError {
  const message = `This request id was used before with ${what}; a new prompt needs a new request id.`;
  return new GatewayError('REQUEST_ID_REUSED', message, { field: 'input.requestId' });
}

async function insert(tx: Writer, options: OpenRunOptions, tokenCount: number) {
  const { sessionId, prompt, requestId, gatewayId, model, settings, checkMessages, changes, editOf } =
    options;
  await tx.lockSession(sessionId);
  const live = await tx.all(unfinishedRuns, [sessionId]);
  const status = newRunStatus(live, options);
  // The time is read within the transaction, so that it is not before the end of the previous run.
  const now = new Date();
  const attachments = await readAttachments(tx, options);
  const counts = prompt === null ? [1, 0] : [2, Buffer.byteLength(prompt) + copiedBytes(attachments)];
  const counted = await tx.get(countPrompt, [now, now, ...counts, sessionId]);
  if (counted === undefined) throw sessionNotFound(sessionId);
  checkMessages(counted.messageCount);
  const { parentId, prompt: known } = await placePrompt(tx, options, counted);
  const ids = await insertMessages(tx, { sessionId, prompt, tokenCount, now });
  const firstId = ids[0] ?? 0;
  if (parentId !== undefined) await continueBranch(tx, { sessionId, parentId, firstId });
  await sendAttachments(tx, attachments, firstId);
  const steersId =
    options.onBusy === 'STEER' ? await runToSteer(tx, live, { sessionId, promptId: firstId }) : null;
  const own = { sessionId, answerTo: known?.id, askUser: options.sessionAsksUser };
  const { toolSetId, askUser, grown } = await storeTools(tx, options, own);
  const run = (await tx.get(insertRun, [
    sessionId,
    requestId || null,
    status,
    known?.id ?? firstId,
    ids.at(-1) ?? 0,
    model.providerName,
    model.modelName,
    settingsText(settings),
    editOf ?? null,
    known !== undefined,
    toolSetId,
    askUser,
    now,
    ...(status === 'RUNNING' ? [now, gatewayId, 1] : [null, null, 0]),
    steersId,
  ])) as Run;
  return { run, told: await changes.write(tx, promptChanges(run)), toolBytes: grown };
}

/** Returns the ids of the messages: of the prompt, if there is a new one, and of its answer. */
async function insertMessages(
  tx: Writer,
  {
    sessionId,
    prompt,
    tokenCount,
    now,
  }: Pick<NewPrompt, 'sessionId' | 'prompt'> & { tokenCount: number; now: Date },
): Promise<number[]> {
  const messages =
    prompt === null
      ? await tx.all(insertAnswer, [sessionId, now])
      : await tx.all(insertExchange, [sessionId, prompt, tokenCount, now, sessionId, now]);
  return messages.map(({ id }) => id).toSorted((a, b) => a - b);
}

function newRunStatus(live: readonly { id: number }[], { onBusy, maxQueued, claimSlot }: OpenRunOptions) {
  if (live.length === 0) {
    claimSlot();
    return 'RUNNING' as const;
  }
  if (onBusy === 'REJECT') throw runInProgress(live[0]?.id);
  if (onBusy !== 'INTERRUPT' && live.length > maxQueued) {
    throw queueFull(maxQueued);
  }
  return 'QUEUED' as const;
}

export function queueFull(maxQueued: number): GatewayError {
  const message = `${maxQueued} prompts already wait in this session; wait for an answer or cancel a prompt.`;
  return new GatewayError('RATE_LIMITED', message, { limit: 'MAX_QUEUED_RUNS' });
}

function runInProgress(runId?: number): GatewayError {
  const message =
    'This session is already answering a prompt. Wait, cancel it, or send with onBusy: ENQUEUE, STEER or INTERRUPT.';
  return new GatewayError('RUN_IN_PROGRESS', message, { ...(runId && { runId: encodeId('Run', runId) }) });
}
