import { GatewayError } from '../../errors.ts';
import type { Run, ToolCall } from '../../generated/prisma/client.ts';
import type { Reader } from '../../storage/statements/statement.ts';
import { toolCallById } from '../../storage/statements/tool-calls.ts';

/** @throws GatewayError NOT_FOUND. */
export async function findCall({
  statements,
  run,
  callId,
}: {
  statements: Reader;
  run: Run;
  callId: string;
}): Promise<ToolCall> {
  const call = await statements.get(toolCallById, [run.assistantMessageId ?? 0, callId]);
  if (call === undefined) throw new GatewayError('NOT_FOUND', `Run ${run.id} has no tool call "${callId}".`);
  return call;
}
