import { AnthropicBlocks } from './anthropic-blocks.ts';
import { anthropicUsageOf } from './anthropic-usage.ts';
import { type ErrorReport, errorIn } from './error-report.ts';
import { type Fields, fieldsOf, firstText, listOf, textOf } from './fields.ts';
import { type Ending, endingOf } from './finish-reason.ts';
import type { WireFormat, WireReading } from './wire-format.ts';

/** Usage without any count. The gateway then estimates the tokens, in place of taking 0 for the output. */
const uncounted = {
  input_tokens: 0,
  output_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
};

/** Anthropic's Messages, as Anthropic and servers that imitate it send them. */
export class AnthropicFormat implements WireFormat {
  hasAnswer = false;
  isFinished = false;
  readonly #blocks = new AnthropicBlocks();
  #hasStarted = false;
  #hasStopped = false;
  #outputTokens: unknown;

  read(value: Fields, event: string | undefined): WireReading {
    const type = textOf(value['type']) || (event ?? (isMessage(value) ? 'message' : ''));
    // `message` is the whole message in place of the stream.
    const end = type === 'message_delta' ? fieldsOf(value['delta']) : type === 'message' ? value : {};
    const stopReason = firstText(end['stop_reason']);
    if (endingOf(stopReason) === 'failure') {
      const message = stopReason === 'error' ? undefined : stopReason;
      return { values: [], failure: errorIn(value, event) ?? { message, signs: 'provider_unavailable' } };
    }
    const values = this.#read(type, value);
    return {
      values: values ?? [],
      failure: values === undefined ? errorIn(value, event) : undefined,
      isLast: type === 'message_stop',
    };
  }

  #read(type: string, value: Fields): object[] | undefined {
    switch (type) {
      case 'message_start':
        return this.#start(fieldsOf(value['message']));
      case 'content_block_start':
        return [...this.#start({}), ...this.#blocks.start(value['index'], fieldsOf(value['content_block']))];
      case 'content_block_delta':
        return [...this.#start({}), ...this.#blocks.delta(value['index'], fieldsOf(value['delta']))];
      case 'content_block_stop':
        return this.#blocks.stop(value['index']);
      case 'message_delta':
        return [...this.#start({}), ...this.#readEnd(fieldsOf(value['delta']), value['usage'])];
      case 'message_stop':
        return [...this.#start({}), ...this.finish()];
      case 'message':
        return [...this.#start(value), ...this.#readEnd(value, value['usage'])];
      default:
        return undefined;
    }
  }

  /** The package reports the end at `message_stop`, which some servers leave out. */
  finish(): object[] {
    if (this.#hasStopped) return [];
    this.#hasStopped = true;
    const reason = this.#blocks.hasCalls ? 'tool_use' : 'end_turn';
    const end = this.isFinished ? [] : this.#readEnd({ stop_reason: reason }, undefined);
    return [...end, { type: 'message_stop' }];
  }

  failure({ message, signs }: ErrorReport): object {
    return { type: 'error', error: { type: signs, message: message ?? '' } };
  }

  /** The package needs a start, with token counts, and takes only one. */
  #start(message: Fields): object[] {
    this.hasAnswer = true;
    if (this.#hasStarted) return [];
    this.#hasStarted = true;
    const { id, model, content } = message;
    const usage = { input_tokens: 0, ...anthropicUsageOf(message['usage']) };
    const start = {
      id: firstText(id) || undefined,
      model: firstText(model) || undefined,
      role: 'assistant',
      usage,
    };
    const written = typeof content === 'string' ? [{ type: 'text', text: content }] : listOf(content);
    const blocks = written.flatMap((block, index) => [
      ...this.#blocks.start(index, fieldsOf(block)),
      ...this.#blocks.stop(index),
    ]);
    return [{ type: 'message_start', message: start }, ...blocks];
  }

  #readEnd(delta: Fields, usage: unknown): object[] {
    const reason = firstText(delta['stop_reason']);
    const stopped = reason === '' ? [] : this.#blocks.stopAll();
    if (reason !== '') this.isFinished = true;
    const counts = anthropicUsageOf(usage);
    this.#outputTokens = counts['output_tokens'] ?? this.#outputTokens;
    const end = { stop_reason: reason === '' ? null : ownWord(reason) };
    return [
      ...stopped,
      {
        type: 'message_delta',
        delta: end,
        usage:
          this.#outputTokens === undefined ? uncounted : { ...counts, output_tokens: this.#outputTokens },
      },
    ];
  }
}

const ownWords: Record<Ending, string> = {
  whole: 'end_turn',
  length: 'max_tokens',
  filter: 'refusal',
  failure: 'error',
};

/** Proxies pass on the stop reason of the model behind them. */
function ownWord(stopReason: string): string {
  const ending = endingOf(stopReason);
  return ending === undefined ? stopReason : ownWords[ending];
}

/** A whole message whose type is missing. */
function isMessage({ role, content }: Fields): boolean {
  return role === 'assistant' && (typeof content === 'string' || Array.isArray(content));
}
