import { type Fields, fieldsOf, firstText, textOf } from './fields.ts';
import { argumentsOf, hasNoArguments, unnamedTool } from './tool-call-fragments.ts';

type Kind = 'text' | 'thinking' | 'redacted_thinking' | 'tool_use';

interface Block {
  kind: Kind;
  /** The id of a tool call as the provider sent it. */
  callId: string;
  /** The index that the package is given: 0, 1, 2 … */
  index: number;
  /** Arguments of a tool call that came with its start. They count when no others follow. */
  startArgs: string;
  hasArgs: boolean;
}

const kinds: readonly string[] = ['text', 'thinking', 'redacted_thinking', 'tool_use'] satisfies Kind[];

/**
 * The blocks of a message. Repeats them in the order and shape that the package accepts: with a start before the first
 * delta, empty at the start, of one kind, and stopped before another block of the same index. Blocks and deltas of other
 * kinds are skipped.
 */
export class AnthropicBlocks {
  hasCalls = false;
  readonly #open = new Map<string, Block | 'skipped'>();
  #count = 0;

  start(wireIndex: unknown, content: Fields): object[] {
    const key = this.#key(wireIndex) ?? `${this.#count}`;
    // The call would run without its arguments, and once more with them.
    if (isSameCall(this.#open.get(key), content)) return [];
    const stopped = this.#stop(key);
    const kind = textOf(content['type']);
    if (!isKind(kind)) {
      this.#open.set(key, 'skipped');
      return stopped;
    }
    const started = this.#begin(key, kind, content);
    const beginning = firstText(kind === 'thinking' ? content['thinking'] : content['text']);
    const deltas = kind === 'redacted_thinking' ? [] : [...this.#text(key, kind, beginning)];
    if (kind === 'thinking') deltas.push(...this.#signature(key, content['signature']));
    return [...stopped, ...started, ...deltas];
  }

  delta(wireIndex: unknown, delta: Fields): object[] {
    const key = this.#key(wireIndex) ?? this.#newest() ?? '0';
    switch (delta['type']) {
      case 'text_delta':
        return this.#text(key, 'text', textOf(delta['text']));
      case 'thinking_delta':
        return this.#text(key, 'thinking', textOf(delta['thinking']));
      case 'signature_delta':
        return this.#signature(key, delta['signature']);
      case 'input_json_delta':
        return this.#arguments(this.#callAt(key), argumentsOf(delta['partial_json']));
      default:
        return [];
    }
  }

  stop(wireIndex: unknown): object[] {
    const key = this.#key(wireIndex) ?? this.#newest();
    return key === undefined ? [] : this.#stop(key);
  }

  stopAll(): object[] {
    return [...this.#open.keys()].flatMap((key) => this.#stop(key));
  }

  #key(wireIndex: unknown): string | undefined {
    return textOf(wireIndex) || undefined;
  }

  #newest(): string | undefined {
    return [...this.#open.keys()].at(-1);
  }

  /** Arguments of a block that never began belong to the newest call: it must not run without them. */
  #callAt(key: string): string {
    if (this.#open.has(key)) return key;
    const open = [...this.#open].filter(([, block]) => block !== 'skipped' && block.kind === 'tool_use');
    return open.at(-1)?.[0] ?? key;
  }

  #begin(key: string, kind: Kind, content: Fields): object[] {
    const block = { kind, callId: textOf(content['id']), index: this.#count, startArgs: '', hasArgs: false };
    this.#count += 1;
    this.#open.set(key, block);
    if (kind === 'tool_use') {
      this.hasCalls = true;
      block.startArgs = argumentsOf(content['input']);
    }
    return [{ type: 'content_block_start', index: block.index, content_block: emptyBlock(block, content) }];
  }

  /** A delta of text or reasoning. One that does not fit to its block, or has no block, begins another. */
  #text(key: string, kind: Kind, text: string): object[] {
    const block = this.#open.get(key);
    if (text === '' || block === 'skipped') return [];
    if (block?.kind !== kind)
      return [...this.#stop(key), ...this.#begin(key, kind, {}), ...this.#text(key, kind, text)];
    const delta = kind === 'text' ? { type: 'text_delta', text } : { type: 'thinking_delta', thinking: text };
    return [{ type: 'content_block_delta', index: block.index, delta }];
  }

  #signature(key: string, value: unknown): object[] {
    const block = this.#open.get(key);
    const signature = firstText(value);
    if (signature === '' || block === undefined || block === 'skipped' || block.kind !== 'thinking')
      return [];
    return [
      { type: 'content_block_delta', index: block.index, delta: { type: 'signature_delta', signature } },
    ];
  }

  #arguments(key: string, json: string, isEnd = false): object[] {
    const block = this.#open.get(key);
    if (json === '' || block === undefined || block === 'skipped' || block.kind !== 'tool_use') return [];
    // Some servers begin with `{}`, and send the arguments behind it.
    if (!block.hasArgs && !isEnd && hasNoArguments(json)) return [];
    block.hasArgs = true;
    const delta = { type: 'input_json_delta', partial_json: json };
    return [{ type: 'content_block_delta', index: block.index, delta }];
  }

  #stop(key: string): object[] {
    const block = this.#open.get(key);
    if (block === undefined) return [];
    const isCall = block !== 'skipped' && block.kind === 'tool_use' && !block.hasArgs;
    const args = isCall ? this.#arguments(key, block.startArgs, true) : [];
    this.#open.delete(key);
    return block === 'skipped' ? [] : [...args, { type: 'content_block_stop', index: block.index }];
  }
}

/** Whether the start of a call comes once more. */
function isSameCall(block: Block | 'skipped' | undefined, { type, id, input }: Fields): boolean {
  if (block === undefined || block === 'skipped' || block.hasArgs || block.kind !== type) return false;
  return block.kind === 'tool_use' && id === block.callId && argumentsOf(input) === block.startArgs;
}

function isKind(kind: string): kind is Kind {
  return kinds.includes(kind);
}

function emptyBlock({ kind, index }: Block, content: Fields): object {
  switch (kind) {
    case 'text':
      return { type: 'text', text: '' };
    case 'thinking':
      return { type: 'thinking', thinking: '' };
    case 'redacted_thinking':
      return { type: 'redacted_thinking', data: textOf(content['data']) };
    case 'tool_use': {
      const { id, name } = fieldsOf(content);
      return {
        type: 'tool_use',
        id: textOf(id) || `call_${index}`,
        name: firstText(name).trim() || unnamedTool,
        input: {},
      };
    }
  }
}
