import { writeJson } from '../../base/long-integers.ts';
import type { Parameter } from '../../storage/statements/statement.ts';
import type { RecordOf } from './records.ts';

// The rows of records, with their columns in the order of `imported` (src/storage/statements/imported-sessions.ts).

type Row = Parameter[];

/** @param steeredIntoId The answer that a prompt has joined; null if it has joined none. */
export function messageRow(
  sessionId: number,
  message: RecordOf<'message'>,
  steeredIntoId: number | null,
): Row {
  const { role, status, content, reasoning, finishReason, cancelCause, tokenCount, attachments } = message;
  const { createdAt, workspaceManifests } = message;
  return [
    ...[sessionId, role, status, content, reasoning, finishReason, cancelCause, tokenCount],
    ...[attachments.length, steeredIntoId, createdAt, jsonOf(workspaceManifests)],
  ];
}

export function recordingRow(
  messageId: number,
  recording: NonNullable<RecordOf<'message'>['recording']>,
): Row {
  const { sha256, mimeType, size, filename, durationSeconds, uploadedAt } = recording;
  return [messageId, sha256, mimeType, size, filename, durationSeconds, uploadedAt];
}

export function attachmentRows(
  sessionId: number,
  messageId: number,
  attachments: RecordOf<'message'>['attachments'],
): Row[] {
  return attachments.map((attachment, position) => {
    const { sha256, mimeType, size, filename, width, height, pageCount, durationSeconds } = attachment;
    return [
      ...[sessionId, messageId, position, sha256, mimeType, size, filename, width, height, pageCount],
      ...[durationSeconds, attachment.tokenCount, attachment.uploadedAt],
    ];
  });
}

export function toolCallRow(messageId: number, call: RecordOf<'toolCall'>): Row {
  const { callId, name, status, byClient, nodeId, result, errorCode, exitCode, durationMs, stopped } = call;
  const { step, textOffset, reasoningOffset, expiresAt, decision, decisionReason, decidedBy, byGrant } = call;
  const { decidedAt, startedAt, args, changedArgs } = call;
  return [
    ...[messageId, callId, name, status, byClient, nodeId, result, errorCode, exitCode, durationMs, stopped],
    ...[step, textOffset, reasoningOffset, expiresAt, decision, decisionReason, decidedBy, byGrant],
    ...[decidedAt, startedAt, writeJson(args), jsonOf(changedArgs)],
  ];
}

export function stepRow(messageId: number, { step, providerName, modelName, parts }: RecordOf<'step'>): Row {
  return [messageId, step, providerName, modelName, writeJson(parts)];
}

export function summaryRow(sessionId: number, messageId: number, summary: RecordOf<'summary'>): Row {
  const { text, tokenCount, coveredMessages, providerName, modelName, createdAt } = summary;
  return [messageId, sessionId, text, tokenCount, coveredMessages, providerName, modelName, createdAt];
}

export interface RunPlace {
  sessionId: number;
  promptId: number | null;
  answerId: number | null;
  joinedRunId: number | null;
}

export function runRow({ sessionId, promptId, answerId, joinedRunId }: RunPlace, run: RecordOf<'run'>): Row {
  const { status, providerName, modelName, lastSeq, finishReason, cancelCause, errorCode, errorMessage } =
    run;
  return [
    ...[sessionId, promptId, answerId, joinedRunId, joinedRunId === null ? null : run.joinedSeq, status],
    // A follower waits for the run event with the number `lastSeq`, so there must be one.
    ...[providerName, modelName, Math.max(lastSeq, 1), finishReason, cancelCause, errorCode, errorMessage],
    ...[
      ...tokensOf(run),
      run.usageMeasured,
      run.createdAt,
      run.startedAt,
      run.finishedAt,
      jsonOf(run.settings),
    ],
  ];
}

export function usageRow(sessionId: number, usage: RecordOf<'session'>['usage'][number]): Row {
  return [sessionId, usage.providerName, usage.modelName, ...tokensOf(usage), usage.measured];
}

/** What `showImportedSession` sets, up to `metadata`. */
export function sessionSettings(session: RecordOf<'session'>): Row {
  const { title, providerName, modelName, systemPrompt, contextTokens, toolApproval, askUser } = session;
  const { createdAt, updatedAt, lastActivityAt, archivedAt, pinnedAt, settings, tags, metadata } = session;
  return [
    ...[title, providerName, modelName, systemPrompt, contextTokens, toolApproval, askUser],
    ...[createdAt, updatedAt, lastActivityAt, archivedAt, archivedAt !== null, pinnedAt],
    ...[jsonOf(settings), JSON.stringify(tags), jsonOf(metadata)],
  ];
}

type Tokens = Record<
  'inputTokens' | 'outputTokens' | 'reasoningTokens' | 'cachedInputTokens' | 'cacheWriteInputTokens',
  number
>;

function tokensOf(counts: Tokens): number[] {
  const { inputTokens, outputTokens, reasoningTokens, cachedInputTokens, cacheWriteInputTokens } = counts;
  return [inputTokens, outputTokens, reasoningTokens, cachedInputTokens, cacheWriteInputTokens];
}

function jsonOf(value: object | null): string | null {
  return value && writeJson(value);
}
