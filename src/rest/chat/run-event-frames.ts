import { decodeGlobalID } from '@pothos/plugin-relay';
import { writeJson } from '../../base/long-integers.ts';
import type { RunEventFieldsFragment, UsageFieldsFragment } from '../../gql/graphql.ts';
import { formatFrame } from '../../sse/frame.ts';
import { lowerCase, lowerCaseOrNull } from '../route/enum-case.ts';
import type { ChatFrame } from './chat-frame.ts';
import { formatCursor } from './last-event-id.ts';

/**
 * Writes a run event as the text of its frames: `id: <run>:<seq>` and one line of JSON.
 *
 * A client that resumes after an id gets only the later run events. If a run event has several frames, only the last
 * frame therefore has the seq of the run event; a client that loses the connection between them gets all of them
 * again.
 */
export function formatRunEvent(runEvent: RunEventFieldsFragment): string {
  const run = runIdOf(runEvent);
  if (runEvent.__typename === 'TextDelta' || runEvent.__typename === 'ReasoningDelta') {
    if (newestDelta.runEvent !== runEvent) newestDelta = { runEvent, frame: deltaFrame(run, runEvent) };
    return newestDelta.frame;
  }
  const frames = chatFrames(run, runEvent);
  return frames
    .map((frame, index) => {
      const seq = index === frames.length - 1 ? runEvent.seq : runEvent.seq - 1;
      return formatFrame({ id: formatCursor({ run, seq }), data: writeJson(frame) });
    })
    .join('');
}

type TextPiece = Extract<RunEventFieldsFragment, { __typename: 'TextDelta' | 'ReasoningDelta' }>;

/** The followers of a run get the same object one after the other, so its frame is written for the first of them. */
let newestDelta: { runEvent?: TextPiece; frame: string } = { frame: '' };

/** The frame of a delta, as `formatFrame` writes it. A run has thousands of them, so their frames are written as text. */
function deltaFrame(run: number, { __typename, seq, text }: TextPiece): string {
  const type = __typename === 'TextDelta' ? 'content' : 'reasoning';
  return `id: ${formatCursor({ run, seq })}\ndata: {"type":"${type}","content":${JSON.stringify(text)}}\n\n`;
}

let newestRun = { globalId: '', id: 0 };

/** The number of the run. Most run events are of the same run as the one before. */
function runIdOf({ runId: globalId }: Pick<RunEventFieldsFragment, 'runId'>): number {
  if (newestRun.globalId !== globalId) newestRun = { globalId, id: databaseId(globalId) };
  return newestRun.id;
}

/** Writes the frame that ends a stream early. It has no id, so that a client resumes after the last frame with an id. */
export function errorFrame(code: string, content: string): string {
  const frame: ChatFrame = { type: 'error', code, content };
  return formatFrame({ data: writeJson(frame) });
}

/** Whether this run event is the last run event of its run. */
export function endsRun(runEvent: RunEventFieldsFragment): boolean {
  return (
    runEvent.__typename === 'RunCompleted' ||
    runEvent.__typename === 'RunCancelled' ||
    runEvent.__typename === 'RunFailed'
  );
}

type ContextEvent = Extract<RunEventFieldsFragment, { omittedMessages: number }>;

function contextFrame(runEvent: ContextEvent): ChatFrame {
  const { omittedMessages: omitted_messages } = runEvent;
  switch (runEvent.__typename) {
    case 'ContextCompactionStarted':
      return { type: 'status', status: 'context_compacting', omitted_messages };
    case 'ContextCompacted':
      return { type: 'status', status: 'context_compacted', omitted_messages, summary: runEvent.summary };
    case 'ContextTrimmed': {
      const { shortenedResults } = runEvent;
      const shortened = shortenedResults > 0 && { shortened_results: shortenedResults };
      return { type: 'status', status: 'context_trimmed', omitted_messages, ...shortened };
    }
  }
}

function chatFrames(run: number, runEvent: Exclude<RunEventFieldsFragment, TextPiece>): ChatFrame[] {
  switch (runEvent.__typename) {
    case 'RunQueued':
      return [{ type: 'status', status: 'queued' }];
    case 'RunStarted':
      return [
        { type: 'status', status: 'running' },
        {
          type: 'start',
          run_id: run,
          message_id: databaseId(runEvent.assistantMessageId),
          user_message_id: runEvent.userMessage?.databaseId ?? null,
        },
      ];
    case 'RunResumed': {
      const { content, reasoning, textOffset: text_offset, reasoningOffset: reasoning_offset } = runEvent;
      return [{ type: 'status', status: 'resumed', content, reasoning, text_offset, reasoning_offset }];
    }
    case 'ContextTrimmed':
    case 'ContextCompactionStarted':
    case 'ContextCompacted':
      return [contextFrame(runEvent)];
    case 'ModelRetryScheduled': {
      const { attempt, code, reason, dueAt } = runEvent;
      return [{ type: 'status', status: 'retrying', attempt, code, content: reason, retry_at: dueAt }];
    }
    case 'RunPaused': {
      const { limit, reason, until } = runEvent;
      return [{ type: 'status', status: 'paused', limit, content: reason, until }];
    }
    case 'RunContinued':
      return [{ type: 'status', status: 'running' }];
    case 'HistoryGap':
      return [{ type: 'status', status: 'history_gap', from_seq: runEvent.fromSeq, to_seq: runEvent.toSeq }];
    case 'ToolCallStarted':
    case 'ToolOutputDelta':
    case 'ToolCallFinished':
    case 'ClientToolRequested':
      return [toolFrame(runEvent)];
    case 'ToolApprovalRequested':
      return [{ type: 'status', status: 'awaiting_approval', call_id: runEvent.callId }];
    case 'ToolApprovalDecided':
      return [decisionFrame(runEvent)];
    case 'PromptSteered': {
      const { message, textOffset: text_offset, reasoningOffset: reasoning_offset } = runEvent;
      const prompt = { message_id: message?.databaseId ?? null, content: message?.content ?? '' };
      return [{ type: 'status', status: 'steered', ...prompt, text_offset, reasoning_offset }];
    }
    case 'UsageReported':
      return [{ type: 'usage', usage: usageJson(runEvent.usage), step: usageJson(runEvent.step) }];
    default:
      return [terminalFrame(runEvent)];
  }
}

function decisionFrame(
  decided: Extract<RunEventFieldsFragment, { __typename: 'ToolApprovalDecided' }>,
): ChatFrame {
  const { callId, decision, decidedBy, byGrant, changedArgs } = decided;
  return {
    type: 'status',
    status: 'running',
    call_id: callId,
    decision: lowerCase(decision),
    decided_by: decidedBy ?? null,
    ...(byGrant && { by_grant: true }),
    ...(changedArgs != null && { changed_args: changedArgs }),
  };
}

type ToolRunEvent = Extract<
  RunEventFieldsFragment,
  { __typename: 'ToolCallStarted' | 'ToolOutputDelta' | 'ToolCallFinished' | 'ClientToolRequested' }
>;

function toolFrame(runEvent: ToolRunEvent): ChatFrame {
  const call_id = runEvent.callId;
  switch (runEvent.__typename) {
    case 'ToolCallStarted':
      return {
        type: 'tool_start',
        call_id,
        name: runEvent.name,
        args: runEvent.args ?? null,
        node_id: runEvent.nodeId ?? null,
        text_offset: runEvent.textOffset,
        reasoning_offset: runEvent.reasoningOffset,
      };
    case 'ClientToolRequested': {
      const { name, args = null, expiresAt } = runEvent;
      return { type: 'client_tool', call_id, name, args, expires_at: expiresAt };
    }
    case 'ToolOutputDelta':
      return { type: 'tool_output', call_id, content: runEvent.text };
    case 'ToolCallFinished':
      return {
        type: 'tool_result',
        call_id,
        name: runEvent.name,
        result: runEvent.result,
        status: lowerCase(runEvent.status),
        error_code: runEvent.errorCode ?? null,
        exit_code: runEvent.exitCode ?? null,
        duration_ms: runEvent.durationMs,
      };
  }
}

type TerminalRunEvent = Extract<
  RunEventFieldsFragment,
  { __typename: 'RunCompleted' | 'RunCancelled' | 'RunFailed' }
>;

function terminalFrame(runEvent: TerminalRunEvent): ChatFrame {
  const message_id = runEvent.message?.databaseId ?? null;
  switch (runEvent.__typename) {
    case 'RunCompleted':
      return {
        type: 'finish',
        message_id,
        provider: runEvent.usage.providerName,
        full_answer: runEvent.message?.content ?? '',
        finish_reason: lowerCase(runEvent.finishReason),
        empty_reason: lowerCaseOrNull(runEvent.message?.emptyReason),
        usage: usageJson(runEvent.usage),
      };
    case 'RunCancelled':
      return { type: 'cancelled', message_id, cause: lowerCaseOrNull(runEvent.cause) };
    case 'RunFailed':
      return {
        type: 'error',
        code: runEvent.code,
        content: runEvent.reason,
        ...(runEvent.retryAt && { retry_at: runEvent.retryAt }),
      };
  }
}

function usageJson(usage: UsageFieldsFragment) {
  return {
    provider_name: usage.providerName,
    model_name: usage.modelName,
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    reasoning_tokens: usage.reasoningTokens,
    cached_input_tokens: usage.cachedInputTokens,
    cache_write_input_tokens: usage.cacheWriteInputTokens,
    total_tokens: usage.totalTokens,
    measured: usage.measured,
  };
}

function databaseId(globalId: string): number {
  return Number(decodeGlobalID(globalId).id);
}
