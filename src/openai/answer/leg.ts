import type { AnswerEventFragment, AnswerMessageFragment, AnswerUsageFragment } from '../../gql/graphql.ts';
import {
  type AwaitedCalls,
  behind,
  firstLeg,
  isOfClient,
  type LegPlace,
  lastCallsOf,
  partOfLeg,
} from './awaited-calls.ts';
import { isLast, type LastEvent } from './last-event.ts';

type EventOf<Type extends AnswerEventFragment['__typename']> = Extract<
  AnswerEventFragment,
  { __typename: Type }
>;
type CallEvent = EventOf<'ToolCallStarted' | 'ClientToolRequested' | 'ToolCallFinished'>;

/** Shows one leg of a run to its client: its texts and calls alone, and an end where the client has to run tools. */
export class Leg {
  readonly #place: LegPlace;
  /** The calls of earlier legs, which a run that was resumed tells again. */
  readonly #earlier: ReadonlySet<string>;
  /** Those of them that have to end before this leg begins. */
  readonly #before: Set<string>;
  readonly #asked = new Set<string>();
  readonly #ended = new Set<string>();
  /** What has begun in this leg. */
  readonly #begun = new Set<'text' | 'reasoning'>();
  /** The calls of the last step. */
  #last: Pick<AnswerMessageFragment['toolCalls'][number], 'callId' | 'name' | 'byClient'>[] | undefined;
  #hasGap = false;
  #usage: AnswerUsageFragment | null = null;

  /** @param message The answer so far; left out for the first leg. */
  constructor(place: LegPlace = firstLeg, message?: AnswerMessageFragment) {
    this.#place = place;
    const earlier = message?.toolCalls.filter(({ step }) => step <= place.after) ?? [];
    this.#earlier = new Set(earlier.map(({ callId }) => callId));
    this.#before = new Set(earlier.filter(({ step }) => step === place.after).map(({ callId }) => callId));
  }

  /** Whether a call was told that the client has to run. Then the leg ends with the step. */
  get hasAsked(): boolean {
    return this.#asked.size > 0;
  }

  /** The run event as this leg shows it. Undefined if it does not. */
  show(event: AnswerEventFragment): AnswerEventFragment | undefined {
    switch (event.__typename) {
      case 'ToolCallStarted':
      case 'ClientToolRequested':
      case 'ToolCallFinished':
        return this.#showCall(event);
      case 'UsageReported':
        if (this.#before.size === 0) this.#usage = sumOf(this.#usage, event.step);
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

  /** Whether the client has been told all calls of the last step, and those on nodes have ended. */
  get isWhole(): boolean {
    return (
      this.#last?.every((call) => (isOfClient(call) ? this.#asked : this.#ended).has(call.callId)) ?? false
    );
  }

  /** @param message The answer as it is stored, with all calls of the step. */
  learn({ toolCalls }: AnswerMessageFragment): void {
    const calls = lastCallsOf(this.#place, toolCalls);
    if (calls.length > 0) this.#last = calls;
  }

  /** The end of the leg. @param message The answer as it is stored now. */
  endWith({ seq, at }: AnswerEventFragment, message: AnswerMessageFragment): AwaitedCalls {
    return this.#awaited({ seq, at }, message);
  }

  /** The end of the leg within a run that has gone on behind it, where the log of the run has expired. */
  endBefore(last: LastEvent): AwaitedCalls | undefined {
    const { message } = last;
    if (!this.#hasGap || !message) return undefined;
    const calls = lastCallsOf(this.#place, message.toolCalls);
    const isAnswered = calls.length > 0 && calls.every(({ status }) => status !== 'CANCELLED');
    return isAnswered ? this.#awaited(last, message) : undefined;
  }

  #awaited({ seq, at }: Pick<LastEvent, 'seq' | 'at'>, message: AnswerMessageFragment): AwaitedCalls {
    const all = lastCallsOf(this.#place, message.toolCalls);
    const step = all[0]?.step ?? 0;
    const [leg, usage] = [this.#place, this.#usage];
    const part = partOfLeg(message, leg);
    return {
      ...{ __typename: 'CallsAwaited', seq, at, leg, step, usage },
      calls: all.filter(isOfClient),
      message: part,
    };
  }

  #showCall(event: CallEvent): AnswerEventFragment | undefined {
    const { callId } = event;
    if (this.#earlier.has(callId)) {
      if (event.__typename === 'ToolCallFinished') this.#before.delete(callId);
      return undefined;
    }
    if (event.__typename === 'ToolCallFinished') this.#ended.add(callId);
    if (event.__typename !== 'ClientToolRequested') return event;
    const isKnown = this.#asked.has(callId) || !isOfClient({ ...event, byClient: true });
    if (!isKnown) this.#asked.add(callId);
    return isKnown ? undefined : event;
  }

  #showLater(event: Exclude<AnswerEventFragment, CallEvent>): AnswerEventFragment | undefined {
    const leg = this.#place;
    if (isLast(event)) {
      const message = event.message ? partOfLeg(event.message, leg) : null;
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

function sumOf(sum: AnswerUsageFragment | null, step: AnswerUsageFragment): AnswerUsageFragment {
  if (sum === null) return step;
  const total = { ...step };
  const counts = [
    'inputTokens',
    'outputTokens',
    'reasoningTokens',
    'cachedInputTokens',
    'totalTokens',
  ] as const;
  for (const name of counts) total[name] += sum[name];
  return total;
}
