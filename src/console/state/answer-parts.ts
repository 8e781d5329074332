import type { ToolCall } from '../../client/answer.ts';
import type { MessageState, SteeredPrompt } from './message-state.ts';

/** A piece of an answer. The text or reasoning between two tool calls or prompts is one part. */
export type AnswerPart =
  | { readonly type: 'text' | 'reasoning'; readonly key: string; readonly text: string }
  | { readonly type: 'call'; readonly key: string; readonly call: ToolCall }
  | { readonly type: 'prompt'; readonly key: string; readonly prompt: SteeredPrompt };

/**
 * Splits an answer at its tool calls and the prompts that joined it, so that its parts are in the order in which they
 * were made. While the answer grows, the parts keep their keys.
 */
export function partsOf({
  content,
  reasoning,
  toolCalls,
  steered,
}: Pick<MessageState, 'content' | 'reasoning' | 'toolCalls' | 'steered'>): readonly AnswerPart[] {
  const parts: AnswerPart[] = [];
  let [textStart, reasoningStart] = [0, 0];
  const addWords = (textEnd: number, reasoningEnd: number) => {
    // A model reasons before it writes.
    addPart(parts, 'reasoning', reasoning, reasoningStart, reasoningEnd);
    addPart(parts, 'text', content, textStart, textEnd);
    [textStart, reasoningStart] = [Math.max(textStart, textEnd), Math.max(reasoningStart, reasoningEnd)];
  };
  let prompts = 0;
  const addPrompts = (calls: number) => {
    for (; (steered[prompts]?.callsBefore ?? Number.POSITIVE_INFINITY) <= calls; prompts += 1) {
      const prompt = steered[prompts] as SteeredPrompt;
      addWords(prompt.textOffset, prompt.reasoningOffset);
      parts.push({ type: 'prompt', key: `prompt ${prompts}`, prompt });
    }
  };
  for (const [index, call] of toolCalls.entries()) {
    addPrompts(index);
    addWords(call.textOffset, call.reasoningOffset);
    parts.push({ type: 'call', key: `call ${call.callId}`, call });
  }
  addPrompts(toolCalls.length);
  addWords(content.length, reasoning.length);
  return parts;
}

/** Adds the words of a range without the blank lines around them. Blanks alone are no part. */
function addPart(
  parts: AnswerPart[],
  type: 'text' | 'reasoning',
  whole: string,
  start: number,
  end: number,
): void {
  const text = whole
    .slice(start, end)
    .replace(/^(?:[^\S\n]*\n)+/, '')
    .trimEnd();
  if (text !== '') parts.push({ type, key: `${type} ${start}`, text });
}
