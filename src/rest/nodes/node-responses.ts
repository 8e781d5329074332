import { z } from '@hono/zod-openapi';
import type { SessionNodesFieldsFragment } from '../../gql/graphql.ts';
import { lowerCase } from '../route/enum-case.ts';
import { resultMessage, sessionId } from '../route/response-fields.ts';

/** Whether a node has the files of a session. */
export const SyncStatus = z.enum(['pending', 'syncing', 'synced', 'conflict', 'error', 'offline']);

/** The texts that can be the id of a node: one line, not blank, without control characters. GraphQL checks it. */
export const nodeIdText = {
  minLength: 1,
  maxLength: 255,
  pattern: '^[^\\u0000-\\u001F\\u007F-\\u009F\\u2028\\u2029]*$',
} as const;

export const nodeId = z
  .string()
  .openapi({ description: 'The id of the node.', example: 'laptop', ...nodeIdText });

const SyncProgress = z
  .object({
    files_done: z.int().openapi({ description: 'How many files have arrived.', example: 12 }),
    files_total: z.int().openapi({ description: 'How many files are being copied.', example: 40 }),
    bytes_done: z.int().openapi({ description: 'How many bytes have arrived.', example: 34_567 }),
    bytes_total: z.int().openapi({ description: 'How many bytes are being copied.', example: 98_765 }),
  })
  .openapi('SyncProgress', { description: 'How much of the files for and from a node has arrived.' });

const SessionNode = z
  .object({
    node_id: nodeId,
    display_name: z
      .string()
      .openapi({ description: 'A name that helps people to recognise the node.', example: 'Alice’s laptop' }),
    status: SyncStatus.openapi({
      description:
        'Whether the node has the files of the session. `pending`: not begun. `syncing`: in progress; `progress` says how far. `synced`: the node has all files, or the session shares none. `conflict`: it has all files, and a version of a file that was changed in two places is kept beside it. `error`: it failed; `error` says why. `offline`: the node is not connected.',
    }),
    progress: SyncProgress.nullable().openapi({
      description: 'How much of the files has arrived. Null: nothing is being copied.',
    }),
    manifest_hash: z.string().nullable().openapi({
      description:
        'The hash of all files that the node had when it last reported. Null: it has not reported.',
    }),
    connection: z.enum(['online', 'busy', 'offline']).openapi({
      description:
        'Whether the node can run tool calls now. `online`: it can. `busy`: it is at its limit, so a new tool call waits. `offline`: it is not connected.',
    }),
    last_sync: z.string().nullable().openapi({
      description: 'When the node last had all files of the session. Null: never.',
      format: 'date-time',
      example: '2026-01-31T12:00:00.000Z',
    }),
    error: z
      .string()
      .nullable()
      .openapi({ description: 'Why the node does not have the files. Null: nothing failed.' }),
  })
  .openapi('SessionNode', { description: 'A node that is attached to a session, and its state.' });

export const SessionNodes = z
  .object({
    session_id: sessionId,
    sync_workspace_id: z.string().nullable().openapi({
      description:
        'The id of the workspace: the files that the session shares with its nodes. Null: no node has ever been attached.',
    }),
    nodes: z
      .array(SessionNode)
      .openapi({ description: 'The attached nodes, in the order in which they were attached.' }),
  })
  .openapi('SessionNodes', { description: 'The nodes that are attached to a session.' });

export const DetachedNode = z
  .object({
    message: resultMessage,
    session_id: sessionId,
    node_id: nodeId,
  })
  .openapi('DetachedNode', { description: 'The node was detached from the session.' });

export function sessionNodesJson({ databaseId, workspace, nodes }: SessionNodesFieldsFragment) {
  return {
    session_id: databaseId,
    sync_workspace_id: workspace?.id ?? null,
    nodes: nodes.map(({ node, syncStatus, progress, manifestHash, connection, lastSyncAt, error }) => ({
      node_id: node.nodeId,
      display_name: node.displayName,
      status: lowerCase(syncStatus),
      progress: progress
        ? {
            files_done: progress.filesDone,
            files_total: progress.filesTotal,
            bytes_done: progress.bytesDone,
            bytes_total: progress.bytesTotal,
          }
        : null,
      manifest_hash: manifestHash ?? null,
      connection: lowerCase(connection),
      last_sync: lastSyncAt ?? null,
      error: error ?? null,
    })),
  };
}
