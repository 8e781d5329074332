import type { WireFormat } from './format.ts';
import type { ContentStep, ErrorWords, UsageStep } from './turn.ts';

const stopReasons = {
  stop: 'end_turn',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'refusal',
};

/** The Messages API: a block for each step, between `message_start` and `message_stop`. */
export function createAnthropicFormat(model: string, usage: UsageStep): WireFormat {
  let blocks = 0;
  let started = false;
  const start = () => {
    if (started) return [];
    started = true;
    const message = {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      stop_reason: null,
    };
    return [frame('message_start', { message: { ...message, usage: inputOf(usage) } }), frame('ping', {})];
  };

  return {
    content(step) {
      const index = blocks++;
      const { block, deltas } = blockOf(step);
      return [
        ...start(),
        frame('content_block_start', { index, content_block: block }),
        ...deltas.map((delta) => frame('content_block_delta', { index, delta })),
        frame('content_block_stop', { index }),
      ];
    },
    finish: (reason) => [
      ...start(),
      frame('message_delta', {
        delta: { stop_reason: stopReasons[reason], stop_sequence: null },
        usage: outputOf(usage),
      }),
      frame('message_stop', {}),
    ],
    error: (words) => frame('error', errorOf(words)),
    errorBody: (status, words) => JSON.stringify(errorOf({ message: `HTTP ${status}`, ...words })),
  };
}

function frame(type: string, value: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...value })}\n\n`;
}

function blockOf(step: ContentStep): { block: object; deltas: object[] } {
  switch (step.type) {
    case 'text':
      return {
        block: { type: 'text', text: '' },
        deltas: step.deltas.map((text) => ({ type: 'text_delta', text })),
      };
    case 'reasoning':
      return {
        block: { type: 'thinking', thinking: '', signature: '' },
        deltas: [
          ...step.deltas.map((thinking) => ({ type: 'thinking_delta', thinking })),
          { type: 'signature_delta', signature: step.signature ?? 'c2lnbmVk' },
        ],
      };
    case 'toolCall':
      return {
        block: { type: 'tool_use', id: step.id, name: step.name, input: {} },
        deltas: step.fragments.map((each) => ({ type: 'input_json_delta', partial_json: each })),
      };
  }
}

function inputOf({ input, cached, cacheWrite }: UsageStep): object {
  return {
    input_tokens: input - cached - cacheWrite,
    cache_read_input_tokens: cached,
    cache_creation_input_tokens: cacheWrite,
    output_tokens: 1,
  };
}

function outputOf({ output, reasoning }: UsageStep): object {
  return { output_tokens: output, output_tokens_details: { thinking_tokens: reasoning } };
}

function errorOf({ message = 'The model failed.', type = 'api_error' }: ErrorWords): object {
  return { type: 'error', error: { type, message } };
}
