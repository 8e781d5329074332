import { type Context, Hono } from 'hono';
import type { Logger } from 'pino';
import { type GatewayError, refusal } from '../../errors.ts';
import { unauthenticated } from '../../identity/unauthenticated.ts';
import { anonymous } from '../../identity/viewer.ts';
import type { NodeIdentity } from '../../nodes/presence/connected-nodes.ts';
import type { WorkspaceState } from '../../storage/statements/workspace-files.ts';
import { pack } from '../../sync/pack.ts';
import { shownOutcome } from '../../workspace/commit/plan.ts';
import { workspaceNotFound } from '../../workspace/model/limits.ts';
import type { Workspaces } from '../../workspace/workspaces.ts';
import type { Identify } from '../request/identify.ts';
import { readJsonBody } from '../request/read-body.ts';
import type { RouteBindings } from '../request/route-bindings.ts';
import { changesInput, chunksInput, parseInput, reportInput, revisionInput } from './inputs.ts';
import { presentError } from './present-error.ts';
import { readPack } from './read-pack.ts';
import { entryLines, sendStream } from './send-stream.ts';

export interface AgentDoorOptions {
  workspaces: Workspaces;
  identify: Identify;
  log: Logger;
}

type Request = Context<{ Bindings: RouteBindings }>;

/** A request of an agent, and the workspace that it is about. */
interface Asked {
  c: Request;
  node: NodeIdentity;
  workspace: WorkspaceState;
}

/** Largest JSON body, in bytes: 1,000 changes with the longest paths, and the chunks of large files. */
const maxJsonBytes = 8_388_608;
/** 1,000 changes have at most 14,000 objects, lists and fields, and so many bytes have room for 125,000 chunks. */
const jsonLimits = { nodes: 20_000, items: 200_000 };

/**
 * What agents do with the files of workspaces, below `/workspaces/{workspaceId}/`: README.md has the contract. The sender
 * must be a node that is attached to the session of the workspace; for all others there is no such workspace.
 */
export function createAgentDoor({ workspaces, identify, log }: AgentDoorOptions) {
  const ask = (answer: (asked: Asked) => Promise<Response>) => async (c: Request) => {
    try {
      const node = await nodeOf(c, identify);
      const workspace = await workspaces.stateForNode(c.req.param('workspaceId') ?? '', node.id);
      if (workspace === undefined) throw workspaceNotFound();
      return await answer({ c, node, workspace });
    } catch (error) {
      return presentError(c, error, log);
    }
  };
  const nothing = (c: Request) => c.body(null, 204);
  const jsonOf = (c: Request) => readJsonBody(c.env.incoming, maxJsonBytes, jsonLimits);

  return new Hono<{ Bindings: RouteBindings }>()
    .get(
      '/:workspaceId/entries',
      ask(async ({ c, workspace: { sessionId } }) => {
        const after = parseInput(revisionInput, c.req.query('after') ?? '0', 'after');
        const changed = await workspaces.changedAfter(sessionId, after);
        if (changed === undefined) throw expired(after);
        return sendStream(c, 'application/x-ndjson', entryLines(changed), log);
      }),
    )
    .get(
      '/:workspaceId/folder',
      ask(async ({ c, workspace }) =>
        c.json(await workspaces.folder(workspace.sessionId, c.req.query('path') ?? '')),
      ),
    )
    .post(
      '/:workspaceId/missing',
      ask(async ({ c, workspace }) => {
        const { chunks } = parseInput(chunksInput, await jsonOf(c));
        return c.json({ missing: await workspaces.contents.missing(workspace.sessionId, chunks) });
      }),
    )
    .put(
      '/:workspaceId/packs',
      ask(async ({ c, node, workspace }) => {
        await workspaces.storeFor(node.id, workspace, readPack(c.env.incoming));
        return nothing(c);
      }),
    )
    .post(
      '/:workspaceId/chunks',
      ask(async ({ c, workspace }) => {
        const { chunks } = parseInput(chunksInput, await jsonOf(c));
        const found = workspaces.contents.read(workspace.sessionId, chunks);
        return sendStream(c, 'application/octet-stream', pack(found), log);
      }),
    )
    .post(
      '/:workspaceId/changes',
      ask(async ({ c, node: { id, nodeId }, workspace }) => {
        const { changes } = parseInput(changesInput, await jsonOf(c));
        const writer = { kind: 'node', agentNodeId: id, nodeId } as const;
        const { revision, outcomes } = await workspaces.commit(workspace.sessionId, changes, writer);
        return c.json({ revision, outcomes: outcomes.map(shownOutcome) });
      }),
    )
    .post(
      '/:workspaceId/report',
      ask(async ({ c, node, workspace }) => {
        await workspaces.report(workspace.sessionId, node, parseInput(reportInput, await jsonOf(c)));
        return nothing(c);
      }),
    );
}

async function nodeOf(c: Request, identify: Identify): Promise<NodeIdentity> {
  const { agentNode, viewer } = await identify(c.req.raw);
  if (agentNode?.isActive) return agentNode;
  if (agentNode) throw refusal('FORBIDDEN', 'This node is switched off.');
  const message = 'Only the agent of a node may do that. Send its token as `Authorization: Bearer swn_…`.';
  throw viewer === anonymous ? unauthenticated(message) : refusal('FORBIDDEN', message);
}

function expired(after: number): GatewayError {
  const message = `The changes after revision ${after} are not all known any more; compare the folders.`;
  return refusal('REVISION_EXPIRED', message);
}
