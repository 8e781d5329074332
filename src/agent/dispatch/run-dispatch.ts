import { shorten } from '../../base/cut-text.ts';
import { formatBytes } from '../../base/format-bytes.ts';
import { AcknowledgeDispatchDocument } from '../../gql/graphql.ts';
import type { GatewayClient } from '../connection/gateway-client.ts';
import type { NodeCommandOf } from '../connection/inbox.ts';
import { formatCommand, formatDuration, formatLine, longestLine } from '../output/format.ts';
import type { Workspaces } from '../sync/workspaces.ts';
import type { ToolReport } from '../tools/tool.ts';
import type { ToolCall, Tools } from '../tools/tools.ts';
import { runInWorkspace } from './run-in-workspace.ts';

/** A tool call that the gateway sends to this agent. */
export type Dispatch = NodeCommandOf<'RunDispatch'>;

export interface RunDispatchOptions {
  tools: Tools;
  workspaces: Pick<Workspaces, 'place' | 'flush'>;
  /** Gets a line when the tool call starts and one when it ends. */
  print(line: string): void;
  /** Gets the output of the tool while it runs. */
  onOutput(text: string): void;
}

/**
 * Asks the gateway whether this process may start a dispatch, until the gateway answers.
 *
 * @param instanceId The random id of this process.
 * @param giveUp Aborts to stop asking.
 * @throws GatewayError if the gateway refuses the question, or `giveUp` aborts.
 */
export async function acknowledgeDispatch(
  client: GatewayClient,
  variables: { dispatchId: string; instanceId: string },
  giveUp: AbortSignal,
): Promise<boolean> {
  const data = await client.query(AcknowledgeDispatchDocument, variables, { retry: true, signal: giveUp });
  return data.acknowledgeDispatch.proceed;
}

/** Runs the tool call of a dispatch. Never rejects: a failure is a report too. */
export async function runDispatch(
  { tool, args, toolApproval, timeoutMs, maxOutputBytes, workspaceId }: Dispatch,
  { tools, workspaces, print, onOutput }: RunDispatchOptions,
  cancel: AbortSignal,
): Promise<ToolReport> {
  const call: ToolCall = { tool, args: Object(args) as object, timeoutMs, maxOutputBytes };
  const described = formatCommand(tools.describe(call));
  const startedAt = performance.now();
  const unasked = toolApproval === 'AUTO' ? ' (without asking)' : '';
  // The whole command, because the end of a long one may be what matters.
  print(`${tool}${unasked}  ${described}`);
  const report = workspaceId
    ? await runInWorkspace(call, workspaceId, { tools, workspaces, onOutput }, cancel)
    : await tools.run(call, { cancel, onOutput });
  const duration = formatDuration(performance.now() - startedAt);
  const size = formatBytes(Buffer.byteLength(report.result));
  print(`${tool}  ${shorten(described, longestLine)}  → ${endOf(report)} in ${duration}, ${size}`);
  return report;
}

/** How a tool call ended, in a few words for the person who watches the agent. */
function endOf({ status, exitCode, errorCode, result }: ToolReport): string {
  if (exitCode !== undefined) return `exit ${exitCode}`;
  if (errorCode === 'POLICY') return `refused: ${formatLine(result)}`;
  return status.toLowerCase().replace('_', ' ');
}
