import type { AnswerEventFragment, AnswerMessageFragment, AnswerUsageFragment } from '../../gql/graphql.ts';
import {
  type AwaitedCalls,
  behind,
  firstLeg,
  type IsAsked,
  isOfClient,
  type LegPlace,
  lastCallsOf,
  partOfLeg,
  type StoredCall,
} from './awaited-calls.ts';
import { isLast, type LastEvent } from './last-event.ts';
import { sumOfUsage } from './sum-of-usage.ts';

type CallEvent = Extract<AnswerEventFragment, { callId: string }>;

export interface LegOptions {
  /** Where it begins. Default: with the run. */
  place?: LegPlace;
  /** The answer so far; left out for the first leg. */
  message?: AnswerMessageFragment | null | undefined;
  /** Which calls the client is asked about. Default: those that it runs. */
  isAsked?: IsAsked;
}

/**
 * Shows one leg of a run to its client: its texts and calls alone, and an end where the client is asked. A first leg with
 * the answer so far is a repetition: it goes on where the client has answered, and ends where it has not.
 */
export class Leg {
  readonly #place: LegPlace;
  readonly #isAsked: IsAsked;
  /** The calls of earlier legs, which a run that was resumed tells again. */
  readonly #earlier: ReadonlyMap<string, StoredCall>;
  /** Those of them that the client was asked about last, until this leg begins. */
  readonly #before: Set<string>;
  readonly #asked = new Set<string>();
  readonly #ended = new Set<string>();
  /** What has begun in this leg. */
  readonly #begun = new Set<'text' | 'reasoning'>();
  /** The calls of the last step. */
  #last: StoredCall[] | undefined;
  #hasGap = false;
  #usage: AnswerUsageFragment | null = null;

  constructor({ place = firstLeg, message, isAsked = isOfClient }: LegOptions = {}) {
    const calls = message?.toolCalls ?? [];
    const answered = new Set(calls.filter(({ status }) => !status.startsWith('AWAITING')));
    const isRepeated = place.after === 0 && message != null;
    const known = new Set(isRepeated ? [...answered].map(({ callId }) => callId) : []);
    this.#place = place;
    this.#isAsked = (call) => isAsked(call) && !known.has(call.callId);
    const earlier = calls.filter(({ step }) => step <= place.after);
    this.#earlier = new Map(earlier.map((call) => [call.callId, call]));
    const last = earlier.filter((call) => call.step === place.after && isAsked(call));
    this.#before = new Set(last.map(({ callId }) => callId));
  }

  /** Whether a call was told about which the client is asked. Then the leg ends with the step. */
  get hasAsked(): boolean {
    return this.#asked.size > 0;
  }

  /** The run event as this leg shows it. Undefined if it does not. */
  show(event: AnswerEventFragment): AnswerEventFragment | undefined {
    if ('callId' in event) return this.#showCall(event);
    switch (event.__typename) {
      case 'UsageReported':
        if (this.#before.size === 0) this.#usage = sumOfUsage(this.#usage, event.step);
        return undefined;
      case 'HistoryGap':
        this.#hasGap = true;
        return event;
      default:
        return this.#place.after === 0 ? event : this.#showLater(event);
    }
  }

  /** Whether the calls of the last step are known. */
  get isLearned(): boolean {
    return this.#last !== undefined;
  }

  /** Whether the client has been told all calls of the last step, and those that it is not asked about have ended. */
  get isWhole(): boolean {
    const isTold = (call: StoredCall) =>
      this.#ended.has(call.callId) || (this.#isAsked(call) && this.#asked.has(call.callId));
    return this.#last?.every(isTold) ?? false;
  }

  /** @param message The answer as it is stored, with all calls of the step. */
  learn({ toolCalls }: AnswerMessageFragment): void {
    const calls = lastCallsOf(this.#place, toolCalls, this.#isAsked);
    if (calls.length > 0) this.#last = calls;
  }

  /** The end of the leg. @param message The answer as it is stored now. */
  endWith({ seq, at }: Pick<LastEvent, 'seq' | 'at'>, message: AnswerMessageFragment): AwaitedCalls {
    const all = lastCallsOf(this.#place, message.toolCalls, this.#isAsked);
    return {
      __typename: 'CallsAwaited',
      seq,
      at,
      leg: this.#place,
      step: all[0]?.step ?? 0,
      usage: this.#usage,
      calls: all.filter(this.#isAsked),
      message: partOfLeg(message, this.#place, this.#isAsked),
    };
  }

  /** The end of the leg within a run that has gone on behind it, where the log of the run has expired. */
  endBefore(last: LastEvent): AwaitedCalls | undefined {
    const { message } = last;
    if (!this.#hasGap || !message) return undefined;
    const calls = lastCallsOf(this.#place, message.toolCalls, this.#isAsked);
    const isAnswered = calls.length > 0 && calls.every(({ status }) => status !== 'CANCELLED');
    return isAnswered ? this.endWith(last, message) : undefined;
  }

  #showCall(event: CallEvent): AnswerEventFragment | undefined {
    const { callId, __typename: type } = event;
    const earlier = this.#earlier.get(callId);
    if (earlier) {
      if (type !== 'ToolCallFinished' && type !== 'ToolApprovalDecided') return undefined;
      this.#before.delete(callId);
      // A call that was approved runs within this leg.
      const runsHere = earlier.step === this.#place.after && earlier.approvalExpiresAt != null;
      return runsHere ? event : undefined;
    }
    if (type === 'ToolCallFinished') this.#ended.add(callId);
    if (type !== 'ClientToolRequested' && type !== 'ToolApprovalRequested') return event;
    if (this.#asked.has(callId)) return undefined;
    if (this.#isAsked(asStored(event))) this.#asked.add(callId);
    const isHidden = type === 'ClientToolRequested' && !isOfClient({ byClient: true, name: event.name });
    return isHidden ? undefined : event;
  }

  #showLater(event: Exclude<AnswerEventFragment, CallEvent>): AnswerEventFragment | undefined {
    const leg = this.#place;
    if (isLast(event)) {
      const message = event.message ? partOfLeg(event.message, leg, this.#isAsked) : null;
      return { ...event, message, usage: this.#usage ?? event.usage };
    }
    if (event.__typename === 'RunResumed') {
      const content = behind(event.content, leg.text);
      return { ...event, content, reasoning: behind(event.reasoning, leg.reasoning) };
    }
    if (this.#before.size > 0) return undefined;
    if (event.__typename !== 'TextDelta' && event.__typename !== 'ReasoningDelta') return event;
    const kind = event.__typename === 'TextDelta' ? 'text' : 'reasoning';
    if (this.#begun.has(kind)) return event;
    this.#begun.add(kind);
    // As `behind` does.
    return leg[kind] === 0 ? event : { ...event, text: event.text.replace(/^\n\n/, '') };
  }
}

/** What is known of a call when it is told. */
function asStored(
  event: Extract<CallEvent, { __typename: 'ClientToolRequested' | 'ToolApprovalRequested' }>,
): StoredCall {
  const byClient = event.__typename === 'ClientToolRequested';
  return {
    ...{ callId: event.callId, name: event.name, byClient, status: 'RUNNING' },
    ...{ step: 0, textOffset: 0, reasoningOffset: 0 },
    approvalExpiresAt: byClient ? null : event.at,
  };
}
