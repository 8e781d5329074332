import type { Logger } from 'pino';
import type { ToolCall } from '../../generated/prisma/client.ts';
import { type ToolPlan, type ToolRunner, toolErrorCodes } from '../../tools/tool-runner.ts';
import type { RunWriter } from '../log/run-writer.ts';

export interface PlanStoredOptions {
  sessionId: number;
  writer: RunWriter;
  tools: ToolRunner;
  log: Logger;
}

/** Plans a stored call anew, with the arguments with which it is to run. Never rejects: a failure refuses the call. */
export async function planStored(
  call: ToolCall,
  { sessionId, writer, tools, log }: PlanStoredOptions,
): Promise<ToolPlan> {
  const { callId, name, args, changedArgs, agentNodeId, dispatchId, startedAt, agentInstanceId } = call;
  try {
    return await tools.resume({
      ...{ sessionId, runId: writer.runId, callId, name, agentNodeId, dispatchId },
      args: Object(changedArgs ?? args) as object,
      isStarted: startedAt !== null,
      instanceId: agentInstanceId,
    });
  } catch (error) {
    log.error({ err: error, callId, name }, 'a tool call could not be planned');
    return { ok: false, errorCode: 'FAILED', result: toolErrorCodes.FAILED };
  }
}
