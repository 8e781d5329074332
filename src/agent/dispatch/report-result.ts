import { GatewayError } from '../../client/errors.ts';
import { FinishDispatchDocument } from '../../gql/graphql.ts';
import type { GatewayClient } from '../connection/gateway-client.ts';
import type { ToolReport } from '../tools/tool.ts';

/**
 * Sends the result of a dispatch until the gateway answers. If the gateway refuses the result, the dispatch is
 * reported as failed, because the gateway would otherwise wait for a result until the dispatch times out.
 *
 * @param giveUp Aborts to stop sending.
 * @throws GatewayError if the token is no longer valid, or `giveUp` aborts.
 */
export async function reportResult(
  client: GatewayClient,
  dispatchId: string,
  report: ToolReport,
  giveUp: AbortSignal,
): Promise<void> {
  const send = (input: ToolReport) =>
    client.query(FinishDispatchDocument, { dispatchId, input }, { retry: true, signal: giveUp });
  try {
    await send(report);
  } catch (error) {
    if (!(error instanceof GatewayError) || error.isPassing || error.isUnauthenticated) throw error;
    const result = `The tool call has ended, but the gateway refuses its result: ${error.message}`;
    await send({ status: 'FAILED', errorCode: 'FAILED', result });
  }
}
