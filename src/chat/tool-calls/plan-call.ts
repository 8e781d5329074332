import type { Logger } from 'pino';
import { cutText } from '../../base/cut-text.ts';
import { storable } from '../../base/storable-text.ts';
import { type RefusedCall, type ToolPlan, type ToolRunner, toolErrorCodes } from '../../tools/tool-runner.ts';
import { type ParsedArgs, parseArgs } from '../history/parse-args.ts';
import type { RequestedCall } from '../history/transcript.ts';
import type { RunWriter } from '../log/run-writer.ts';

export interface PlanCallOptions {
  sessionId: number;
  writer: RunWriter;
  tools: ToolRunner;
  log: Logger;
  /** Aborts when the run is cancelled. */
  signal: AbortSignal;
}

/** A tool call and whether it can run. */
export interface CallToStart {
  call: RequestedCall;
  /** The arguments as JSON; the model's text if they are not JSON. */
  args: unknown;
  plan: ToolPlan;
}

/** The longest quote of invalid arguments that the model is shown, in characters. */
const longestQuote = 500;

/**
 * Finds out whether a tool call can run. Nothing is stored, and nothing runs.
 *
 * @param refusal Set to refuse the call.
 */
export async function planCall(
  call: RequestedCall,
  options: PlanCallOptions,
  refusal?: RefusedCall,
): Promise<CallToStart> {
  const parsed = parseArgs(call.input);
  const args = parsed.ok ? parsed.value : call.input;
  const known = refusal ?? refusalOf(call, parsed);
  return { call, args, plan: known ?? (await askTools(call, parsed.ok ? parsed.value : {}, options)) };
}

async function askTools(
  { callId, name }: RequestedCall,
  args: object,
  { tools, sessionId, writer, log, signal }: PlanCallOptions,
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
