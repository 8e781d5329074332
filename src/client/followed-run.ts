import type { RememberApproval } from '../gql/client/graphql.ts';
import type { Answer, ToolCall } from './answer.ts';
import { applyRunEvent, emptyAnswer } from './answer.ts';
import { RunFailedError, unreachable } from './errors.ts';
import { isTerminal, type RunEvent } from './run-events.ts';

type Ended<Name> = Extract<RunEvent, { __typename: Name }>;

/** How a run has ended that has not failed. */
export interface RunResult extends Omit<Answer, 'hasGap'> {
  readonly runId: string;
  readonly status: 'COMPLETED' | 'CANCELLED';
  /** Why the model stopped writing; undefined for a cancelled run. */
  readonly finishReason: Ended<'RunCompleted'>['finishReason'] | undefined;
  /** The stored message; null if it was deleted meanwhile. */
  readonly message: Ended<'RunCompleted'>['message'];
  /** The tokens that the run has used. */
  readonly usage: Ended<'RunCompleted'>['usage'];
}

export interface ApproveOptions {
  /** Runs the call with these arguments instead of those of the model. */
  args?: unknown;
  /** Approves later calls too: with the same arguments (`EXACT`), or all calls of the tool (`TOOL`). Default: `ONCE`. */
  remember?: RememberApproval;
}

/**
 * A run that is followed. A loop over it yields its run events, each once, over lost connections. Leaving the loop
 * closes the connection, and the run goes on; a later loop yields them all again. `text`, `reasoning` and `toolCalls`
 * are those of the run events that were read so far.
 */
export interface FollowedRun extends AsyncIterable<RunEvent, void, undefined> {
  /** Undefined before the first run event of a prompt. */
  readonly runId: string | undefined;
  /** The `seq` of the newest run event that was read: the cursor from which `follow` continues later. */
  readonly seq: number;
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCall[];
  /** Whether run events are lost. Text and reasoning stay empty then, until the run is resumed or ends. */
  readonly hasGap: boolean;
  /**
   * How the run has ended. Without a loop, it reads the run events by itself. Rejects with a RunFailedError if the
   * answer failed, and as a loop does.
   */
  readonly result: Promise<RunResult>;
  /** Cancels the run, and resolves when it has stopped: with false where it had ended, or was not asked for, before. */
  cancel(): Promise<boolean>;
  /** Lets a tool call run that waits for a decision. */
  approve(callId: string, options?: ApproveOptions): Promise<void>;
  /** Denies a tool call that waits for a decision. The model is told the reason, and the run continues. */
  deny(callId: string, reason?: string): Promise<void>;
}

/** What a followed run asks of the gateway. */
export interface RunCalls {
  /** Follows the run after a cursor. Without a signal, that of the options is used. */
  open(after: number, signal?: AbortSignal): AsyncGenerator<RunEvent>;
  /** Whether the gateway may know the run: a prompt may have been sent. */
  isAsked(): boolean;
  cancel(runId: string): Promise<boolean>;
  approve(runId: string, callId: string, options: ApproveOptions): Promise<void>;
  deny(runId: string, callId: string, reason: string | undefined): Promise<void>;
}

/** What one reader of a run was told. Each has its own, because merged deltas differ between connections. */
interface Progress {
  readonly seq: number;
  readonly answer: Answer;
  readonly end: RunEvent | undefined;
}

/** @param known The run, and the cursor after which it is followed. */
export function createFollowedRun(calls: RunCalls, known: { runId?: string; after: number }): FollowedRun {
  let { runId } = known;
  let newest: Progress = { seq: known.after, answer: emptyAnswer, end: undefined };
  let readers = 0;
  let result: Promise<RunResult> | undefined;
  let wake = () => {};

  async function* read(from: Progress): AsyncGenerator<RunEvent, void, undefined> {
    readers += 1;
    let progress = from;
    try {
      for await (const event of calls.open(from.seq)) {
        runId = event.runId;
        progress = {
          seq: event.seq,
          answer: applyRunEvent(progress.answer, event),
          end: isTerminal(event) ? event : undefined,
        };
        if (progress.seq > newest.seq) newest = progress;
        if (progress.end) wake();
        yield event;
      }
    } finally {
      readers -= 1;
      wake();
    }
  }
  const first = newest;
  const finish = async (): Promise<RunResult> => {
    // A loop that begins in the same turn reads for both.
    await Promise.resolve();
    while (!newest.end && readers > 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (!newest.end) for await (const event of read(newest)) if (isTerminal(event)) break;
    return resultOf(newest);
  };
  const findRunId = async (): Promise<string | undefined> => {
    if (runId !== undefined || !calls.isAsked()) return runId;
    // The answer to the prompt is on its way. Asking again with the same `requestId` names the run.
    for await (const event of calls.open(0, new AbortController().signal)) return event.runId;
    return undefined;
  };
  const knownRunId = async (): Promise<string> => {
    const found = await findRunId();
    if (found === undefined) throw new TypeError('The prompt was not sent yet.');
    return found;
  };
  return {
    [Symbol.asyncIterator]: () => read(first),
    get runId() {
      return runId;
    },
    get seq() {
      return newest.seq;
    },
    get text() {
      return newest.answer.text;
    },
    get reasoning() {
      return newest.answer.reasoning;
    },
    get toolCalls() {
      return newest.answer.toolCalls;
    },
    get hasGap() {
      return newest.answer.hasGap;
    },
    get result() {
      result ??= finish();
      return result;
    },
    async cancel() {
      const found = await findRunId();
      return found !== undefined && calls.cancel(found);
    },
    approve: async (callId, options = {}) => calls.approve(await knownRunId(), callId, options),
    deny: async (callId, reason) => calls.deny(await knownRunId(), callId, reason),
  };
}

function resultOf({ answer: { text, reasoning, toolCalls }, end }: Progress): RunResult {
  if (end?.__typename === 'RunFailed') throw new RunFailedError(end);
  if (end?.__typename !== 'RunCompleted' && end?.__typename !== 'RunCancelled') {
    throw unreachable(new Error('The last run event is missing.'));
  }
  return {
    runId: end.runId,
    status: end.__typename === 'RunCompleted' ? 'COMPLETED' : 'CANCELLED',
    text,
    reasoning,
    toolCalls,
    finishReason: end.__typename === 'RunCompleted' ? end.finishReason : undefined,
    message: end.message,
    usage: end.usage,
  };
}
