import { shorten } from '../../base/cut-text.ts';
import { ReportDispatchCheckDocument } from '../../gql/graphql.ts';
import type { GatewayClient } from '../connection/gateway-client.ts';
import type { NodeCommandOf } from '../connection/inbox.ts';
import { reasonOf } from '../connection/reason-of.ts';
import { formatCommand, formatLine, longestLine } from '../output/format.ts';
import type { Tools } from '../tools/tools.ts';

interface CheckDispatchOptions {
  client: GatewayClient;
  tools: Tools;
  print(line: string): void;
}

/**
 * Tells the gateway whether this agent would refuse a call, before a person is asked to approve it. Nothing runs. Never
 * rejects: without an answer the gateway asks the person.
 */
export async function checkDispatch(
  { dispatchId, tool, args }: NodeCommandOf<'CheckDispatch'>,
  { client, tools, print }: CheckDispatchOptions,
): Promise<void> {
  const call = { tool, args: Object(args) as object };
  const refusal = await tools.check(call);
  if (refusal) {
    const described = shorten(formatCommand(tools.describe(call)), longestLine);
    print(`${tool}  ${described}  → refused: ${formatLine(refusal.message)}`);
  }
  const reason = refusal ? { errorCode: refusal.errorCode, result: refusal.message } : null;
  try {
    await client.ask(ReportDispatchCheckDocument, { dispatchId, refusal: reason });
  } catch (error) {
    print(`the check of ${tool} could not be reported: ${reasonOf(error)}`);
  }
}
