import type { AnswerMessageFragment, AnswerUsageFragment } from '../../gql/graphql.ts';

export type StoredCall = AnswerMessageFragment['toolCalls'][number];

/** The tool with which a model asks the user. A user who watches the session answers, not the client that sent the prompt. */
const askUserName = 'ask_user';

/** Whether the client that sent the prompt runs the call: one of the tools that it sent with it. */
export function isOfClient({ byClient, name }: Pick<StoredCall, 'byClient' | 'name'>): boolean {
  return byClient && name !== askUserName;
}

/** Whether the client was asked about the call: it runs it, or decides whether it may run. */
export function isOfClientOrPerson(call: StoredCall): boolean {
  return isOfClient(call) || call.approvalExpiresAt != null;
}

/** Which calls a dialect hands to its client. */
export type IsAsked = (call: StoredCall) => boolean;

/**
 * Where a part of an answer begins. The first leg begins with the run, and another one behind each step in which the client
 * is asked. Such a step ends a leg: the client is told the calls, and comes back with their results.
 */
export interface LegPlace {
  /** The step behind which it begins; 0 for the first leg. */
  after: number;
  /** How many UTF-16 code units of text and of reasoning are before it. */
  text: number;
  reasoning: number;
}

export const firstLeg: LegPlace = { after: 0, text: 0, reasoning: 0 };

/** The end of a leg with which the client gets calls. */
export interface AwaitedCalls {
  __typename: 'CallsAwaited';
  /** Of the run event with which it ends. */
  seq: number;
  at: string;
  leg: LegPlace;
  step: number;
  /** Those that the client is asked about. */
  calls: StoredCall[];
  /** What the answer has in this leg. */
  message: AnswerMessageFragment;
  /** Of this leg. Null if nobody knows it any more. */
  usage: AnswerUsageFragment | null;
}

/** The leg behind a step. Undefined if the client was asked nothing in it. */
export function legBehind(
  { toolCalls }: AnswerMessageFragment,
  step: number,
  isAsked: IsAsked = isOfClient,
): LegPlace | undefined {
  if (step === 0) return firstLeg;
  const call = toolCalls.find((known) => known.step === step && isAsked(known));
  return call && { after: step, text: call.textOffset, reasoning: call.reasoningOffset };
}

/** The calls of the step that ends a leg, the others among them; empty if the leg ends with the run. */
export function lastCallsOf(
  { after }: LegPlace,
  calls: readonly StoredCall[],
  isAsked: IsAsked = isOfClient,
): StoredCall[] {
  const step = calls.find((call) => call.step > after && isAsked(call))?.step;
  return calls.filter((call) => call.step === step);
}

/** What an answer has in a leg: its text, its reasoning and its calls, with offsets that count from there. */
export function partOfLeg(
  message: AnswerMessageFragment,
  leg: LegPlace,
  isAsked: IsAsked = isOfClient,
): AnswerMessageFragment {
  const [last] = lastCallsOf(leg, message.toolCalls, isAsked);
  const content = behind(message.content.slice(0, last?.textOffset), leg.text);
  const reasoning = behind((message.reasoning ?? '').slice(0, last?.reasoningOffset), leg.reasoning);
  const textBefore = (last?.textOffset ?? message.content.length) - content.length;
  const reasoningBefore = (last?.reasoningOffset ?? message.reasoning?.length ?? 0) - reasoning.length;
  const toolCalls = message.toolCalls
    .filter(({ step }) => step > leg.after && step <= (last?.step ?? step))
    .map((call) => ({
      ...call,
      textOffset: Math.max(0, call.textOffset - textBefore),
      reasoningOffset: Math.max(0, call.reasoningOffset - reasoningBefore),
    }));
  return { ...message, content, reasoning: reasoning || null, toolCalls };
}

/** The text behind an offset. A step begins with a blank line, which says nothing at the beginning of a message. */
export function behind(text: string, offset: number): string {
  return offset === 0 ? text : text.slice(offset).replace(/^\n\n/, '');
}
