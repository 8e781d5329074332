import { pause } from '../../client/retry.ts';
import { NodeWorkspacesDocument } from '../../gql/graphql.ts';
import type { GatewayClient } from '../connection/gateway-client.ts';
import { reasonOf } from '../connection/reason-of.ts';
import type { NodeWorkspace } from './folder-of.ts';

export interface FollowWorkspacesOptions {
  client: Pick<GatewayClient, 'subscribe'>;
  /** Gets all workspaces of the node, now and after each change. */
  onWorkspaces(workspaces: NodeWorkspace[]): void;
  print(line: string): void;
}

/** The inbox decides whether connecting again is of use, so a refusal is only tried again later, in milliseconds. */
const refusedMs = 30_000;

/** Follows the workspaces of the node until the signal aborts. Never rejects. */
export async function followWorkspaces(
  { client, onWorkspaces, print }: FollowWorkspacesOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const { nodeWorkspaces } of client.subscribe(NodeWorkspacesDocument, {}, { signal })) {
        onWorkspaces(nodeWorkspaces.workspaces.map((each) => ({ ...each, path: each.path ?? null })));
      }
    } catch (error) {
      if (signal.aborted) return;
      print(`the gateway does not say which files to sync: ${reasonOf(error)}`);
    }
    await pause(refusedMs, signal);
  }
}
