import { badParameter } from '../errors/api-error.ts';

/** A call of a client's tool, as the client tells it. */
export interface ToldCall {
  id: string;
  name: string;
  /** As JSON, unless the model has written something else. */
  args: string;
  param: string;
}

/** A part of an answer, as the client tells it. */
export type AnswerPart = { type: 'text'; text: string } | ({ type: 'call' } & EndedCall);

export type EndedCall = ToldCall & { result: string };

/** The calls among the parts, in their order. */
export function callsOf(parts: readonly AnswerPart[]): EndedCall[] {
  return parts.flatMap((part) => (part.type === 'call' ? part : []));
}

/** An answer in words, with its calls, as the gateway tells it to a model that has not made it. */
export function answerText(parts: readonly AnswerPart[]): string {
  return parts
    .map((part) => (part.type === 'text' ? part.text : inWords(part)))
    .filter((text, _, { length }) => length === 1 || text !== '')
    .join('\n\n');
}

function inWords({ name, args, result }: EndedCall): string {
  return `[Called the tool ${JSON.stringify(name)} with ${args}. Its result:\n${result}]`;
}

type OpenCall = { type: 'call' } & ToldCall & { result?: string };

/** An answer that is put together from the messages of a list. */
export class PartialAnswer {
  readonly #parts: (Extract<AnswerPart, { type: 'text' }> | OpenCall)[] = [];
  readonly #calls = new Map<string, OpenCall>();

  get endsWithText(): boolean {
    return this.#parts.at(-1)?.type === 'text';
  }

  add({ text, calls = [] }: { text: string; calls?: readonly ToldCall[] }): void {
    if (text !== '' || calls.length === 0) this.#parts.push({ type: 'text', text });
    for (const call of calls) {
      if (this.#calls.has(call.id)) throw badParameter(call.param, 'an earlier call has this id.');
      const open: OpenCall = { type: 'call', ...call };
      this.#calls.set(call.id, open);
      this.#parts.push(open);
    }
  }

  /** @throws ApiError 400 for a result of no call, and for a second one. */
  addResult({ callId, text, idParam }: { callId: string; text: string; idParam: string }): void {
    const call = this.#calls.get(callId);
    if (!call)
      throw badParameter(idParam, 'no call with this id is in the message of the assistant before it.');
    if (call.result !== undefined) throw badParameter(idParam, 'expected one result for each call.');
    call.result = text;
  }

  /** @throws ApiError 400 if the result of a call is missing. */
  finish(): AnswerPart[] {
    return this.#parts.map((part) => {
      if (part.type === 'text') return part;
      const { result, ...call } = part;
      if (result === undefined)
        throw badParameter(part.param, `no result for the call '${part.id}' follows.`);
      return { ...call, result };
    });
  }
}
