import type {
  ApprovalDecision,
  CancelCause,
  FinishReason,
  MessageStatus,
  ToolCallStatus,
} from '../../generated/prisma/enums.ts';
import type { ToolErrorCode } from '../../tools/tool-runner.ts';
import type { Usage } from '../usage/usage.ts';

export type Decision = ApprovalDecision;

/** The settings of budgets, by which a budget is known. */
export type BudgetName =
  | 'MAX_COST_PER_USER_PER_DAY'
  | 'MAX_COST_PER_USER_PER_MONTH'
  | 'MAX_COST_PER_DAY'
  | 'MAX_COST_PER_MONTH';

/** Why a run failed: the values of GraphQL's `RunFailureCode`. */
export const runFailureCodes = {
  /** The provider refused the credentials (401, 403). */
  PROVIDER_UNAUTHORIZED: 'The model provider refused the credentials of this gateway.',
  /** 429, still after the retries. */
  PROVIDER_RATE_LIMITED: 'The model provider is limiting requests; try again later.',
  /** 5xx, still after the retries. */
  PROVIDER_UNAVAILABLE: 'The model provider is failing; try again later.',
  /** No connection could be made. */
  PROVIDER_UNREACHABLE: 'The model provider cannot be reached.',
  /** Another 4xx: for instance an unknown model, or a parameter that the model does not take. */
  PROVIDER_REJECTED: 'The model provider rejected the request.',
  /** The answer broke off before the provider said it was finished. */
  PROVIDER_STREAM_CUT: 'The model provider broke off its answer.',
  /** The provider sent something that is not its wire format. */
  PROVIDER_BAD_RESPONSE: 'The model provider sent something that is not a valid answer.',
  /** The provider sent nothing for longer than `MODEL_IDLE_TIMEOUT_MS`. */
  PROVIDER_TIMEOUT: 'The model provider stopped sending.',
  /** The system prompt and the newest prompt alone exceed the model's context. */
  CONTEXT_TOO_LONG: 'The prompt does not fit into the context of the model.',
  /** The model asked for tools more often than `MAX_STEPS` allows. */
  STEP_LIMIT: 'The model kept calling tools until the step limit was reached.',
  /** Its attachments waited for too long, because the gateway sent those of other runs. */
  OVERLOADED: 'The gateway is sending too many files to models; try again later.',
  /** The gateway stopped without finishing the run. */
  INTERRUPTED: 'The gateway stopped before the answer was finished.',
  INTERNAL: 'Something went wrong inside the gateway.',
} as const;

export type RunFailureCode = keyof typeof runFailureCodes;

/** A run's failure, as data: what `RunFailed` and `Run.error` show. */
interface RunFailure {
  code: RunFailureCode;
  /** A sentence for people, without stacks, keys or addresses. */
  reason: string;
  /** When the provider takes the next request, in milliseconds since the epoch. Kept in the log, not in the database. */
  retryAt?: number | null;
}

/** How a run ended. */
export type RunEnd =
  | { status: 'COMPLETED'; finishReason: FinishReason }
  /** Null: the cause is not known, because an earlier version cancelled the run. */
  | { status: 'CANCELLED'; cancelCause: CancelCause | null }
  | ({ status: 'FAILED' } & RunFailure);

/** The node on which a tool is to run; null if the tool needs no node or no node was found. */
interface CallNode {
  /** Its name. */
  nodeId: string | null;
  /** Its database id. */
  agentNodeId: number | null;
}

/** How much of the answer was written before a tool call or a prompt, or stays when a run goes on, in UTF-16 code units. */
interface CallOffsets {
  textOffset: number;
  reasoningOffset: number;
}

/** A run event without the fields that the log adds: `seq`, `runId` and `at`. */
export type RunEventBody =
  | { type: 'RunQueued' }
  | { type: 'RunStarted'; sessionId: number; userMessageId: number; assistantMessageId: number }
  | ({
      /** A gateway goes on with the run: what was written is `content` and `reasoning`, and nothing else. */
      type: 'RunResumed';
      content: string;
      reasoning: string;
    } & CallOffsets)
  | {
      type: 'ContextTrimmed';
      omittedMessages: number;
      /** Results of tools of the answer so far that were shortened. Missing in a log that an earlier version wrote. */
      shortenedResults?: number;
    }
  /** The model is asked for a summary, which may fail: then `ContextTrimmed` follows. */
  | { type: 'ContextCompactionStarted'; omittedMessages: number }
  | {
      type: 'ContextCompacted';
      /** The text that stands for the omitted messages. */
      summary: string;
      omittedMessages: number;
      /** The newest message that the summary covers. */
      throughMessageId: number;
      /** Whether this run has made the summary. Otherwise an earlier run has. */
      isNew: boolean;
    }
  | {
      type: 'ModelRetryScheduled';
      /** 1 for the first retry of a request to the model. */
      attempt: number;
      code: RunFailureCode;
      reason: string;
      /** When the request is sent again, in milliseconds since the epoch. */
      dueAt: number;
    }
  /** The run waits before its next request to the model, until `RunContinued`. */
  | {
      type: 'RunPaused';
      /** The setting of the budget that is used up. */
      limit: BudgetName;
      reason: string;
      /** When the next period of the budget begins, in milliseconds since the epoch. */
      until: number;
    }
  | { type: 'RunContinued' }
  | { type: 'ReasoningDelta'; text: string }
  | { type: 'TextDelta'; text: string }
  | ({
      type: 'ToolCallStarted';
      callId: string;
      name: string;
      args: unknown;
      /** Whether a client runs the call, or the user answers it. Left out: a node runs it, or nobody. */
      byClient?: true;
    } & CallNode &
      CallOffsets)
  | ({
      type: 'ToolApprovalRequested';
      callId: string;
      name: string;
      args: unknown;
      /** Milliseconds since the epoch. */
      expiresAt: number;
    } & CallNode)
  | {
      /** The call waits for a client that runs it, or for the answer of the user. */
      type: 'ClientToolRequested';
      callId: string;
      name: string;
      args: unknown;
      /** Milliseconds since the epoch. */
      expiresAt: number;
    }
  | {
      type: 'ToolApprovalDecided';
      callId: string;
      decision: Decision;
      reason: string;
      /** The `userId` of the user who decided, or who gave the grant that decided; null if nobody did. */
      decidedBy: string | null;
      /** Whether a grant decided. Missing in a log that an earlier version wrote, as is the next. */
      byGrant?: boolean;
      /** The arguments with which the call runs in place of those of the model; null: those of the model. */
      changedArgs?: unknown;
    }
  | { type: 'ToolOutputDelta'; callId: string; text: string }
  | {
      type: 'ToolCallFinished';
      callId: string;
      name: string;
      status: ToolCallStatus;
      result: string;
      /** For a call that failed or was denied; otherwise null. */
      errorCode: ToolErrorCode | null;
      exitCode: number | null;
      /** For a cancelled call: true when the tool has certainly stopped. Otherwise null. */
      stopped: boolean | null;
      durationMs: number;
    }
  /** A prompt has joined the answer: the model is told it with its next request. */
  | ({ type: 'PromptSteered'; messageId: number; answerId: number; callsBefore: number } & CallOffsets)
  /** `usage`: of the run so far; `step`: of the newest request to the model. */
  | { type: 'UsageReported'; usage: Usage; step: Usage }
  | { type: 'HistoryGap'; fromSeq: number; toSeq: number }
  | RunJoinedBody
  | TerminalRunEventBody;

/**
 * The prompt of the run has joined the answer of another run, whose log goes on with it. Followers are not shown this: they
 * follow that log from `steeredSeq` on, which is the seq of `PromptSteered`.
 */
interface RunJoinedBody {
  type: 'RunJoined';
  steersId: number;
  steeredSeq: number;
}

/** Exactly one of these ends a run's log. */
export type TerminalRunEventBody = RunEndFacts &
  (
    | { type: 'RunCompleted'; finishReason: FinishReason }
    /** Missing in a log that an earlier version wrote. */
    | { type: 'RunCancelled'; cancelCause?: CancelCause | null }
    | ({ type: 'RunFailed' } & RunFailure)
  );

interface RunEndFacts {
  /** Null when the message was deleted. */
  messageId: number | null;
  usage: Usage;
  /** What the message will be, if the database could not save it before its followers were told of the end. */
  unsaved?: UnsavedAnswer;
}

interface UnsavedAnswer {
  status: MessageStatus;
  content: string;
  reasoning: string | null;
  cancelCause: CancelCause | null;
}

/** An entry of a run's log. `seq` counts 1, 2, 3 … within the run; `at` is milliseconds since the epoch. */
export type RunEvent = RunEventBody & { seq: number; runId: number; at: number };

/** The run event that tells followers how a run ended. */
export function terminalBody(end: RunEnd, messageId: number | null, usage: Usage): TerminalRunEventBody {
  const shared = { messageId, usage };
  switch (end.status) {
    case 'COMPLETED':
      return { type: 'RunCompleted', ...shared, finishReason: end.finishReason };
    case 'CANCELLED':
      return { type: 'RunCancelled', ...shared, cancelCause: end.cancelCause };
    case 'FAILED':
      return {
        type: 'RunFailed',
        ...shared,
        code: end.code,
        reason: end.reason,
        retryAt: end.retryAt ?? null,
      };
  }
}

function isTerminal(body: RunEventBody): body is TerminalRunEventBody {
  return body.type === 'RunCompleted' || body.type === 'RunCancelled' || body.type === 'RunFailed';
}

/** Whether a run event is the last one of its log. */
export function endsLog(body: RunEventBody): boolean {
  return isTerminal(body) || body.type === 'RunJoined';
}

/** Puts a `HistoryGap` before each run event that does not follow directly after the one before it, or the cursor. */
export function withGaps(events: readonly RunEvent[], after: number): readonly RunEvent[] {
  // The seqs grow, so this many events up to this seq have no hole.
  if ((events.at(-1)?.seq ?? after) === after + events.length) return events;
  let before = after;
  return events.flatMap((event) => {
    const [fromSeq, toSeq] = [before + 1, event.seq - 1];
    before = event.seq;
    if (fromSeq > toSeq) return [event];
    const { runId, at } = event;
    return [{ type: 'HistoryGap', seq: toSeq, runId, at, fromSeq, toSeq }, event];
  });
}

/**
 * Whether a resolved value is a delta of text. All its fields come from the value itself, never from the database or
 * the viewer, so one serialized copy serves every follower.
 */
export function isDelta(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'text' in value && 'seq' in value;
}
