import type { Logger } from 'pino';
import { cutText } from '../../base/cut-text.ts';
import { storable } from '../../base/storable-text.ts';
import type { ToolCall } from '../../generated/prisma/client.ts';
import type { ToolApproval } from '../../generated/prisma/enums.ts';
import { untilStored } from '../../storage/failure/until-stored.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { insertToolCall, toolApprovalOf } from '../../storage/statements/tool-calls.ts';
import { type RefusedCall, type ToolPlan, type ToolRunner, toolErrorCodes } from '../../tools/tool-runner.ts';
import { type ParsedArgs, parseArgs } from '../history/parse-args.ts';
import type { RequestedCall } from '../history/transcript.ts';
import type { RunWriter } from '../log/run-writer.ts';
import type { Approvals, PendingApproval } from './approvals.ts';

export interface StartCallOptions {
  statements: Statements;
  sessionId: number;
  writer: RunWriter;
  tools: ToolRunner;
  approvals: Approvals;
  /** How long a call waits for an approval, in milliseconds. */
  toolApprovalTimeoutMs: number;
  log: Logger;
  /** The step of the run that asked for the call, counted from 1. */
  step: number;
  /** Aborts when the run is cancelled. */
  signal: AbortSignal;
}

/** A tool call that has been stored and written to the run's log. */
export interface StartedCall {
  callId: string;
  name: string;
  plan: ToolPlan;
  /** Present when the call needs an approval first. */
  pending?: PendingApproval;
}

/** The longest quote of invalid arguments that the model is shown, in characters. */
const longestQuote = 500;

/** A tool call and whether it can run. */
export interface CallToStart {
  call: RequestedCall;
  /** The arguments as JSON; the model's text if they are not JSON. */
  args: unknown;
  plan: ToolPlan;
}

/**
 * Finds out whether a tool call can run. Nothing is stored, and nothing runs.
 *
 * @param refusal Set to refuse the call.
 */
export async function planCall(
  call: RequestedCall,
  options: StartCallOptions,
  refusal?: RefusedCall,
): Promise<CallToStart> {
  const parsed = parseArgs(call.input);
  const args = parsed.ok ? parsed.value : call.input;
  const known = refusal ?? refusalOf(call, parsed);
  return { call, args, plan: known ?? (await askTools(call, parsed.ok ? parsed.value : {}, options)) };
}

/** Stores a planned tool call, and writes it to the run's log. Nothing runs yet. */
export async function startCall(planned: CallToStart, options: StartCallOptions): Promise<StartedCall> {
  const { call, args, plan } = planned;
  const { callId, name } = call;
  const { writer } = options;
  const node = { nodeId: plan.nodeId ?? null, agentNodeId: plan.agentNodeId ?? null };
  const dispatchId = plan.ok ? plan.dispatchId : null;
  const toolApproval = plan.ok && plan.needsApproval ? await readToolApproval(options) : 'AUTO';
  // Wait for a decision before the call is announced: a client may decide as soon as it sees the call.
  const pending = toolApproval === 'ASK' ? requestApproval(callId, options) : undefined;
  const status = pending ? 'AWAITING_APPROVAL' : 'RUNNING';
  const offsets = { textOffset: writer.content.length, reasoningOffset: writer.reasoning.length };
  await storeCall(call, { args, ...node, dispatchId, status, ...offsets }, options);
  await writer.write({ type: 'ToolCallStarted', callId, name, args, ...node, ...offsets });
  if (pending) {
    const { expiresAt } = pending;
    await writer.write({ type: 'ToolApprovalRequested', callId, name, args, ...node, expiresAt });
  }
  return { callId, name, plan: toolApproval === 'DENY' ? denied : plan, ...(pending && { pending }) };
}

async function askTools(
  { callId, name }: RequestedCall,
  args: object,
  { tools, sessionId, writer, log, signal }: StartCallOptions,
): Promise<ToolPlan> {
  try {
    return await tools.plan({ sessionId, runId: writer.runId, callId, name, args }, signal);
  } catch (error) {
    log.error({ err: error, callId, name }, 'a tool call could not be planned');
    return { ok: false, errorCode: 'FAILED', result: toolErrorCodes.FAILED };
  }
}

/** Quotes the model's arguments, because the next step shows the model an empty object in their place. */
function refusalOf({ input, isCut }: RequestedCall, parsed: ParsedArgs): RefusedCall | undefined {
  if (parsed.ok && !isCut) return undefined;
  const reason = parsed.ok ? 'The answer ended before the arguments were complete' : parsed.reason;
  const result = `${reason}: ${storable(cutText(input, longestQuote))}`;
  return { ok: false, errorCode: 'BAD_ARGUMENTS', result };
}

const denied: RefusedCall = {
  ok: false,
  errorCode: 'DENIED',
  result: 'Tools that change something are not allowed in this session.',
};

/** Reads the current setting, because it may have changed since the run began. */
async function readToolApproval({ statements, sessionId }: StartCallOptions): Promise<ToolApproval> {
  const session = await statements.get(toolApprovalOf, [sessionId]);
  return session?.toolApproval ?? 'DENY';
}

function requestApproval(callId: string, options: StartCallOptions): PendingApproval {
  const { approvals, writer, toolApprovalTimeoutMs: timeoutMs, signal } = options;
  return approvals.ask(writer.runId, callId, { timeoutMs, signal });
}

async function storeCall(
  { callId, name }: RequestedCall,
  columns: Pick<
    ToolCall,
    'status' | 'nodeId' | 'agentNodeId' | 'dispatchId' | 'textOffset' | 'reasoningOffset'
  > & {
    args: unknown;
  },
  options: StartCallOptions,
): Promise<void> {
  const { statements, step, writer } = options;
  const { assistantMessageId: messageId } = writer;
  if (messageId === null) return;
  const { args, status, nodeId, agentNodeId, dispatchId, textOffset, reasoningOffset } = columns;
  const made = [messageId, callId, name, JSON.stringify(args), status, nodeId, agentNodeId, dispatchId];
  const parameters = [...made, step, textOffset, reasoningOffset];
  await untilStored(() => statements.transaction((tx) => tx.run(insertToolCall, parameters)), options);
}
