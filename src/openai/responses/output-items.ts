import { writeJson } from '../../base/long-integers.ts';
import { isOfClient } from '../../dialect/answer/awaited-calls.ts';
import { writeCallId } from '../../dialect/route/call-ids.ts';
import type { AnswerMessageFragment, ToolCallStatus } from '../../gql/graphql.ts';

/** A part of an answer, as Responses shows it. */
export type OutputItem = ReasoningItem | MessageItem | CallItem | FunctionItem;

type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

export interface ReasoningItem {
  id: string;
  type: 'reasoning';
  status: ItemStatus;
  summary: { type: 'summary_text'; text: string }[];
}

export interface MessageItem {
  id: string;
  type: 'message';
  status: ItemStatus;
  role: 'assistant';
  content: TextPart[];
}

interface TextPart {
  type: 'output_text';
  text: string;
  annotations: [];
  logprobs: [];
}

/**
 * A call of a tool on a node. Clients know such a call as one that the server has made with a server of its own, which they
 * show and do not answer.
 */
export interface CallItem {
  id: string;
  type: 'mcp_call';
  status: ItemStatus | 'failed';
  /** The node. */
  server_label: string;
  name: string;
  arguments: string;
  output: string | null;
  error: string | null;
  approval_request_id: null;
}

/** A call that the client has to run. */
export interface FunctionItem {
  id: string;
  type: 'function_call';
  status: 'completed';
  call_id: string;
  name: string;
  arguments: string;
}

/** The part of a run that a response is. Its items have ids of their own. */
export interface ResponseKey {
  run: number;
  /** The step of the client's tools that it follows; 0: none. */
  after: number;
}

function itemId(kind: string, { run, after }: ResponseKey, at: number): string {
  return `${kind}_${run}_${after === 0 ? '' : `${after}_`}${at}`;
}

/** @param at The place of the item in the output. */
export function reasoningItem(key: ResponseKey, at: number, text: string, status: ItemStatus): ReasoningItem {
  const summary = text === '' ? [] : [{ type: 'summary_text' as const, text }];
  return { id: itemId('rs', key, at), type: 'reasoning', status, summary };
}

export function messageItem(key: ResponseKey, at: number, text: string, status: ItemStatus): MessageItem {
  const content = text === '' && status === 'in_progress' ? [] : [textPart(text)];
  return { id: itemId('msg', key, at), type: 'message', status, role: 'assistant', content };
}

export function textPart(text: string): TextPart {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

export interface ShownCall {
  callId: string;
  name: string;
  args?: unknown;
  nodeId?: string | null | undefined;
  status: ToolCallStatus;
  result?: string | null | undefined;
}

const callStatuses: Record<ToolCallStatus, CallItem['status']> = {
  AWAITING_APPROVAL: 'in_progress',
  AWAITING_CLIENT: 'in_progress',
  RUNNING: 'in_progress',
  SUCCEEDED: 'completed',
  FAILED: 'failed',
  DENIED: 'failed',
  CANCELLED: 'incomplete',
};

export function callItem(key: ResponseKey, at: number, call: ShownCall): CallItem {
  const status = Object.hasOwn(callStatuses, call.status) ? callStatuses[call.status] : 'in_progress';
  return {
    id: itemId('mcp', key, at),
    type: 'mcp_call',
    status,
    server_label: call.nodeId ?? 'gateway',
    name: call.name,
    arguments: argsText(call),
    output: status === 'completed' ? (call.result ?? '') : null,
    error: status === 'failed' ? (call.result ?? '') : null,
    approval_request_id: null,
  };
}

export function functionItem(key: ResponseKey, at: number, call: AskedCall): FunctionItem {
  return {
    id: itemId('fc', key, at),
    type: 'function_call',
    status: 'completed',
    call_id: writeCallId(key.run, call.callId),
    name: call.name,
    arguments: argsText(call),
  };
}

export type AskedCall = Pick<ShownCall, 'callId' | 'name' | 'args'>;

function argsText({ args }: Pick<ShownCall, 'args'>): string {
  return typeof args === 'string' ? args : writeJson(args ?? {});
}

/**
 * The items of a stored answer: what was written before each call, the call, and what was written behind the last. The calls
 * that the client has to run come last, because they end the response.
 *
 * @param message The part of it that the response is.
 */
export function outputItems(
  key: ResponseKey,
  { content, reasoning, toolCalls }: AnswerMessageFragment,
  status: ItemStatus,
): OutputItem[] {
  const items: OutputItem[] = [];
  let [text, thought] = [0, 0];
  const write = (textEnd: number, thoughtEnd: number, isLast: boolean) => {
    const thoughts = (reasoning ?? '').slice(thought, thoughtEnd);
    const words = content.slice(text, textEnd);
    if (thoughts !== '') items.push(reasoningItem(key, items.length, thoughts, 'completed'));
    if (words !== '') items.push(messageItem(key, items.length, words, isLast ? status : 'completed'));
    [text, thought] = [Math.max(text, textEnd), Math.max(thought, thoughtEnd)];
  };
  for (const call of toolCalls.filter((known) => !isOfClient(known))) {
    write(call.textOffset, call.reasoningOffset, false);
    const args = call.changedArgs ?? call.args;
    items.push(callItem(key, items.length, { ...call, args }));
  }
  write(content.length, reasoning?.length ?? 0, true);
  for (const call of toolCalls.filter(isOfClient)) items.push(functionItem(key, items.length, call));
  return items;
}
