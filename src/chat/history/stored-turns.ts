import type {
  Attachment,
  Message,
  MessageStatus,
  AnswerStep as StepRow,
  ToolCall,
} from '../../generated/prisma/client.ts';
import type { AnswerStep, JoinedPrompt, StepPart, StoredPart, Turn } from './answer-step.ts';

/**
 * A message's row, with its tool calls in the order in which the model made them, and its steps, its attachments and the
 * prompts that have joined it in their order.
 */
export type StoredMessage = Message & {
  toolCalls: ToolCall[];
  steps: StepRow[];
  attachments: Attachment[];
  joined: JoinedPrompt[];
};

/** Whether the message is a prompt that was withdrawn before a model saw it. */
export function isWithdrawn({ role, status }: Message): boolean {
  return role === 'USER' && status === 'CANCELLED';
}

/**
 * Reads turns from their rows, which must begin with a prompt. Every prompt gets the answer behind it. A withdrawn prompt
 * and its answer are left out: nobody wanted a model to see it.
 */
export function toTurns(messages: StoredMessage[]): Turn[] {
  const turns: Turn[] = [];
  let withdrawn = false;
  for (const message of messages) {
    if (message.role === 'USER') {
      withdrawn = isWithdrawn(message);
      if (!withdrawn) {
        const { content: prompt, attachments: files } = message;
        const lastId = message.id;
        turns.push({ prompt, files, lastId, answerId: 0, steps: [], unfinished: noAnswer.STREAMING });
      }
      continue;
    }
    const turn = turns.at(-1);
    if (withdrawn || turn === undefined) continue;
    turn.lastId = message.id;
    turn.answerId = message.id;
    turn.steps = toSteps(message);
    turn.unfinished = unfinishedOf(message);
  }
  return turns;
}

/** What a model is told in place of an answer, or of its end, that was never written. By the status of the message. */
const noAnswer: Record<MessageStatus, string> = {
  STREAMING: '(This prompt was not answered.)',
  COMPLETE: '(This prompt got an empty answer.)',
  CANCELLED: '(The user stopped this answer.)',
  FAILED: '(This answer failed before it was finished.)',
  INTERRUPTED: '(This answer was interrupted before it was finished.)',
};

function unfinishedOf({ status, cancelCause }: Message): string {
  if (status !== 'CANCELLED') return noAnswer[status];
  if (cancelCause === 'SUPERSEDED') return '(The user sent the next prompt before this answer was finished.)';
  return cancelCause === 'SHUTDOWN' ? noAnswer.INTERRUPTED : noAnswer.CANCELLED;
}

/**
 * The recorded steps of an answer, with the prompts that joined it between them, then what was written without a record: by
 * an earlier version, or before a stop.
 */
export function toSteps(message: StoredMessage): AnswerStep[] {
  const calls = new Map(message.toolCalls.map((call) => [call.callId, call]));
  const joined = [...message.joined];
  const steps = message.steps.flatMap((row) => [
    ...takeJoined(joined, row.step),
    toStep(row, message, calls),
  ]);
  const rest = takeJoined(joined, Number.POSITIVE_INFINITY);
  return [...steps, ...rest, ...unrecordedSteps(message, endOfText(message.steps), [...calls.values()])];
}

/** Takes the prompts out of `joined` that the model was told with a step or before, each step's as one. */
function takeJoined(joined: JoinedPrompt[], step: number): AnswerStep[] {
  const steps: AnswerStep[] = [];
  while (joined[0] !== undefined && joined[0].step <= step) {
    const told = joined[0].step;
    const end = joined.findIndex((prompt) => prompt.step !== told);
    steps.push({ maker: null, parts: [], prompts: joined.splice(0, end < 0 ? joined.length : end) });
  }
  return steps;
}

/** Takes the calls that it uses out of `calls`. */
function toStep(row: StepRow, message: StoredMessage, calls: Map<string, ToolCall>): AnswerStep {
  const parts = partsOf(row).flatMap((part): StepPart[] => {
    if (part.type !== 'call') {
      const whole = part.type === 'text' ? message.content : (message.reasoning ?? '');
      return [{ type: part.type, text: whole.slice(part.start, part.end), metadata: part.metadata }];
    }
    const call = calls.get(part.callId);
    calls.delete(part.callId);
    return call === undefined ? [] : [{ ...toCallPart(call), metadata: part.metadata }];
  });
  return { maker: { providerName: row.providerName, modelName: row.modelName }, parts };
}

function partsOf(row: StepRow): StoredPart[] {
  return row.parts as unknown as StoredPart[];
}

function endOfText(rows: StepRow[]): number {
  const ends = rows.flatMap(partsOf).map((part) => (part.type === 'text' ? part.end : 0));
  return Math.max(0, ...ends);
}

/** Splits the text after `start` at the tool calls in it. */
function unrecordedSteps({ content }: StoredMessage, start: number, calls: ToolCall[]): AnswerStep[] {
  const steps: AnswerStep[] = [];
  let offset = start;
  for (const made of groupBySteps(calls)) {
    const end = Math.max(offset, made[0]?.textOffset ?? offset);
    const text: StepPart = { type: 'text', text: content.slice(offset, end).trimStart() };
    steps.push({ maker: null, parts: [text, ...made.map(toCallPart)] });
    offset = end;
  }
  const rest = content.slice(offset);
  const text = steps.length > 0 || start > 0 ? rest.trimStart() : rest;
  if (text !== '') steps.push({ maker: null, parts: [{ type: 'text', text }] });
  return steps;
}

function groupBySteps(calls: ToolCall[]): ToolCall[][] {
  const steps = new Map<number, ToolCall[]>();
  for (const call of calls) steps.set(call.step, [...(steps.get(call.step) ?? []), call]);
  return [...steps.values()];
}

function toCallPart(call: ToolCall): StepPart & { type: 'call' } {
  const { callId, name, args } = call;
  const isObject = typeof args === 'object' && args !== null && !Array.isArray(args);
  return { type: 'call', callId, name, args: isObject ? args : {}, result: call };
}
