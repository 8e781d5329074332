import { shorten } from '../../base/cut-text.ts';
import { ReportDispatchCheckDocument } from '../../gql/graphql.ts';
import type { GatewayClient } from '../connection/gateway-client.ts';
import type { NodeCommandOf } from '../connection/inbox.ts';
import { reasonOf } from '../connection/reason-of.ts';
import { formatCommand, formatLine, longestLine } from '../output/format.ts';
import type { Workspaces } from '../sync/workspaces.ts';
import type { Tools } from '../tools/tools.ts';

interface CheckDispatchOptions {
  client: GatewayClient;
  tools: Tools;
  workspaces: Pick<Workspaces, 'place'>;
  print(line: string): void;
}

/** How long a check waits for the files of the session, in milliseconds. */
const placeMs = 3_000;

/**
 * Tells the gateway whether this agent would refuse a call, before a person is asked to approve it. Nothing runs. Never
 * rejects: without an answer the gateway asks the person.
 */
export async function checkDispatch(
  { dispatchId, tool, args, workspaceId }: NodeCommandOf<'CheckDispatch'>,
  { client, tools, workspaces, print }: CheckDispatchOptions,
): Promise<void> {
  const call = { tool, args: Object(args) as object };
  // Without its files the call fails when it runs, and the person is asked as usual.
  const place = workspaceId
    ? await workspaces.place(workspaceId, AbortSignal.timeout(placeMs)).catch(() => undefined)
    : undefined;
  const refusal = workspaceId && !place ? undefined : await tools.check(call, place);
  if (refusal) {
    const described = shorten(formatCommand(tools.describe(call)), longestLine);
    print(`${tool}  ${described}  → refused: ${formatLine(refusal.message)}`);
  }
  const reason = refusal ? { errorCode: refusal.errorCode, result: refusal.message } : null;
  try {
    await client.query(ReportDispatchCheckDocument, { dispatchId, refusal: reason });
  } catch (error) {
    print(`the check of ${tool} could not be reported: ${reasonOf(error)}`);
  }
}
