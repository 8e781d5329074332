import { dataFrame, type WireFormat } from './format.ts';
import type { ContentStep, ErrorWords, UsageStep } from './turn.ts';

/** The encrypted content of a reasoning item that is not done. OpenAI cannot read it. */
export const unfinished = 'unfinished';

/** The encrypted content of the reasoning item with this id, as the server sends it. */
export function encryptedContentOf(itemId: string): string {
  return `encrypted:${itemId}`;
}

/** The items of all responses. Their ids are unique, because OpenAI refuses a request that has one twice. */
let items = 0;

/**
 * OpenAI's Responses API: an output item for each step. The deltas of a reasoning step are one section of the summary;
 * a blank delta (`''`) begins the next section.
 */
export function createOpenAIResponsesFormat(model: string, usage: UsageStep): WireFormat {
  let index = 0;
  let sequence = 0;
  const frame = (type: string, value: object) =>
    `event: ${type}\n${dataFrame({ type, sequence_number: sequence++, ...value })}`;
  const response = { id: 'resp_1', object: 'response', created_at: 1_700_000_000, model };
  let started = false;
  const start = () => {
    if (started) return [];
    started = true;
    return [frame('response.created', { response: { ...response, status: 'in_progress', output: [] } })];
  };

  return {
    content(step) {
      return [...start(), ...itemFrames(step, index++, frame)];
    },
    finish(reason) {
      const cut = { length: 'max_output_tokens', 'content-filter': 'content_filter' } as const;
      const why = reason in cut ? cut[reason as keyof typeof cut] : null;
      const type = why === null ? 'response.completed' : 'response.incomplete';
      const ended = {
        ...response,
        status: why === null ? 'completed' : 'incomplete',
        incomplete_details: why === null ? null : { reason: why },
        usage: usage.reported ? usageOf(usage) : null,
      };
      return [...start(), frame(type, { response: ended })];
    },
    error: ({ message = 'The model failed.', type = 'server_error', code }) =>
      frame('error', { error: { type, code: code ?? type, message, param: null } }),
    errorBody: (status, words) => JSON.stringify(errorOf({ message: `HTTP ${status}`, ...words })),
  };
}

type Frame = (type: string, value: object) => string;

function itemFrames(step: ContentStep, index: number, frame: Frame): string[] {
  const added = (item: object) => frame('response.output_item.added', { output_index: index, item });
  const done = (item: object) => frame('response.output_item.done', { output_index: index, item });
  switch (step.type) {
    case 'text': {
      const id = `msg_${items++}`;
      const message = { id, type: 'message', role: 'assistant', status: 'in_progress', content: [] };
      const place = { item_id: id, output_index: index, content_index: 0 };
      const text = step.deltas.join('');
      return [
        added(message),
        ...step.deltas.map((delta) => frame('response.output_text.delta', { ...place, delta })),
        frame('response.output_text.done', { ...place, text }),
        done({ ...message, status: 'completed', content: [{ type: 'output_text', text, annotations: [] }] }),
      ];
    }
    case 'reasoning':
      return reasoningFrames(step, index, frame);
    case 'toolCall': {
      const call = { id: `fc_${items++}`, type: 'function_call', call_id: step.id, name: step.name };
      const place = { item_id: call.id, output_index: index };
      const args = step.fragments.join('');
      return [
        added({ ...call, arguments: '', status: 'in_progress' }),
        ...step.fragments.map((delta) =>
          frame('response.function_call_arguments.delta', { ...place, delta }),
        ),
        frame('response.function_call_arguments.done', { ...place, arguments: args }),
        done({ ...call, arguments: args, status: 'completed' }),
      ];
    }
  }
}

type ReasoningStep = Extract<ContentStep, { type: 'reasoning' }>;

/** The signature is the encrypted content. A step whose signature is blank (`''`) has none. */
function reasoningFrames({ deltas, signature }: ReasoningStep, index: number, frame: Frame): string[] {
  const id = `rs_${items++}`;
  const encrypted = (signature ?? encryptedContentOf(id)) || null;
  const sections: string[][] = [[]];
  for (const delta of deltas) {
    if (delta === '') sections.push([]);
    else sections.at(-1)?.push(delta);
  }
  const item = { id, type: 'reasoning', summary: [] };
  const summary = sections.map((section) => ({ type: 'summary_text', text: section.join('') }));
  return [
    frame('response.output_item.added', {
      output_index: index,
      item: { ...item, encrypted_content: unfinished },
    }),
    ...sections.flatMap((section, summaryIndex) => {
      const place = { item_id: id, output_index: index, summary_index: summaryIndex };
      const part = { type: 'summary_text', text: '' };
      return [
        frame('response.reasoning_summary_part.added', { ...place, part }),
        ...section.map((delta) => frame('response.reasoning_summary_text.delta', { ...place, delta })),
        frame('response.reasoning_summary_part.done', { ...place, part: summary[summaryIndex] }),
      ];
    }),
    frame('response.output_item.done', {
      output_index: index,
      item: { ...item, summary, encrypted_content: encrypted },
    }),
  ];
}

function usageOf({ input, output, cached, cacheWrite, reasoning }: UsageStep): object {
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached, cache_write_tokens: cacheWrite },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  };
}

function errorOf({ message = 'The model failed.', type, code }: ErrorWords): object {
  return { error: { message, type: type ?? null, param: null, code: code ?? null } };
}
