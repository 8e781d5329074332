import { GatewayError } from '../../errors.ts';
import type { Run, ToolCall } from '../../generated/prisma/client.ts';
import type { ToolRunner } from '../../tools/tool-runner.ts';
import { parseArgs } from '../history/parse-args.ts';
import { canonicalJson } from './grants/args-hash.ts';

/** Arguments that a person gives to a call, and the node on which it runs with them. */
export interface ChangedArgs {
  args: object;
  nodeId: string | null;
  agentNodeId: number | null;
}

/**
 * Reads arguments that a client gives to a call in place of those of the model.
 *
 * @returns Undefined if they are those of the model.
 * @throws GatewayError BAD_USER_INPUT if they are no JSON object, or are nested too deep.
 */
export function readChangedArgs(given: unknown, call: Pick<ToolCall, 'args'>): object | undefined {
  const parsed = parseArgs(JSON.stringify(given) ?? '[]');
  if (!parsed.ok || typeof given !== 'object') {
    const why = parsed.ok ? 'The arguments are not a JSON object' : parsed.reason;
    throw refuse(`${why}.`);
  }
  return canonicalJson(parsed.value) === canonicalJson(call.args) ? undefined : parsed.value;
}

/**
 * Checks changed arguments as those of a model are checked: against the schema of the tool, and by the node of the call.
 *
 * @throws GatewayError BAD_USER_INPUT if the tool does not take them or its node refuses them; CONFLICT if that node is
 *   not connected.
 */
export async function planChangedArgs(
  args: object,
  { callId, name }: Pick<ToolCall, 'callId' | 'name'>,
  { tools, run, signal }: { tools: ToolRunner; run: Run; signal: AbortSignal },
): Promise<ChangedArgs> {
  const request = { sessionId: run.sessionId, runId: run.id, callId, name, args };
  const plan = await tools.plan(request, signal);
  if (plan.ok) return { args, nodeId: plan.nodeId, agentNodeId: plan.agentNodeId ?? null };
  if (plan.errorCode === 'NODE_OFFLINE') throw new GatewayError('CONFLICT', plan.result);
  throw refuse(plan.result);
}

function refuse(why: string): GatewayError {
  return new GatewayError('BAD_USER_INPUT', `args: ${why}`, { field: 'args' });
}
