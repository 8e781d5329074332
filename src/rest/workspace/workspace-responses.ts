import { z } from '@hono/zod-openapi';
import type { GetWorkspaceFilesQuery, GetWorkspaceQuery } from '../../gql/graphql.ts';
import { RestError } from '../errors/rest-error.ts';
import { lowerCase } from '../route/enum-case.ts';
import { dateTime, sessionId } from '../route/response-fields.ts';

const path = z
  .string()
  .openapi({ description: 'The path in the workspace, with `/` between its names.', example: 'src/main.ts' });

const WorkspaceConflict = z
  .object({
    path: path.openapi({ description: 'The file, with the version that won.', example: 'notes.txt' }),
    kept_path: z.string().openapi({
      description:
        'The file that has the other version. The conflict ends when there is no such file any more.',
      example: 'notes (conflict from laptop 2026-01-31 12-00-00).txt',
    }),
    node_id: z.string().nullable().openapi({
      description:
        'The node whose version was kept. Null: that of a client, or of the folder of the gateway.',
      example: 'laptop',
    }),
    at: dateTime('When the gateway kept the version.'),
  })
  .openapi('WorkspaceConflict', { description: 'A file that was changed in two places at the same time.' });

export const Workspace = z
  .object({
    session_id: sessionId,
    sync_workspace_id: z.string().openapi({
      description: 'The id of the workspace.',
      example: '6f1c2e0a-52f7-4c0e-9a43-0d9b8f3f2c11',
    }),
    source: z.enum(['empty', 'server', 'node_local']).openapi({
      description: 'The origin of the files, as `config` of `NodeAttachRequest` names it.',
    }),
    path: z.string().nullable().openapi({ description: 'The folder of the origin. Null: no folder.' }),
    source_node_id: z
      .string()
      .nullable()
      .openapi({ description: 'The node that the files come from. Null: they come from no node.' }),
    is_shared: z.boolean().openapi({
      description:
        'Whether files are shared. False until nodes are attached with a `config`: then nothing is copied.',
    }),
    manifest_hash: z.string().openapi({
      description: 'The hash of all files. A node with the same hash has the same files.',
      pattern: '^[0-9a-f]{64}$',
    }),
    file_count: z.int().openapi({ description: 'How many files and symbolic links there are.', example: 12 }),
    total_bytes: z.int().openapi({ description: 'The size of all files in bytes.', example: 34_567 }),
    conflicts: z.array(WorkspaceConflict).openapi({
      description: 'The files that were changed in two places, oldest first, at most 1,000.',
    }),
  })
  .openapi('Workspace', { description: 'The files that a session shares with its nodes.' });

const WorkspaceFile = z
  .object({
    path,
    size: z.int().openapi({ description: 'In bytes; 0 for a link.', example: 1_024 }),
    mode: z.int().openapi({
      description: 'The permission bits: 420 (octal 644) for a usual file; 0 for a link.',
      example: 420,
    }),
    sha256: z.string().openapi({
      description: 'The SHA-256 hash of the bytes, in hexadecimal; of a link: that of its target.',
      pattern: '^[0-9a-f]{64}$',
    }),
    modified_at: dateTime('When the bytes were last changed.'),
    link_target: z
      .string()
      .nullable()
      .openapi({ description: 'Where a symbolic link leads. Null: it is a file.' }),
    download_url: z.string().openapi({
      description: 'The path on this gateway that returns the bytes. It supports range requests.',
      example: '/workspaces/6f1c2e0a-52f7-4c0e-9a43-0d9b8f3f2c11/files/src/main.ts',
    }),
  })
  .openapi('WorkspaceFile', { description: 'A file of a workspace, or a symbolic link.' });

export const WorkspaceFiles = z
  .object({
    session_id: sessionId,
    files: z.array(WorkspaceFile).openapi({ description: 'The files and links, sorted by path.' }),
  })
  .openapi('WorkspaceFiles', { description: 'The files that a session shares with its nodes.' });

type SessionWithWorkspace = NonNullable<GetWorkspaceQuery['session']>;

/** @throws RestError 404 if the session has no workspace. */
export function workspaceJson({ databaseId, workspace }: SessionWithWorkspace): z.infer<typeof Workspace> {
  if (!workspace) throw new RestError(404, 'The session has no workspace: no node has ever been attached');
  const { workspaceId, source, path: folder, sourceNodeId, conflicts, ...facts } = workspace;
  return {
    session_id: databaseId,
    sync_workspace_id: workspaceId,
    source: lowerCase(source),
    path: folder ?? null,
    source_node_id: sourceNodeId ?? null,
    is_shared: facts.isShared,
    manifest_hash: facts.manifestHash,
    file_count: facts.fileCount,
    total_bytes: facts.totalBytes,
    conflicts: conflicts.map(({ path: conflicted, keptPath, nodeId, at }) => ({
      path: conflicted,
      kept_path: keptPath,
      node_id: nodeId ?? null,
      at,
    })),
  };
}

type Files = NonNullable<NonNullable<GetWorkspaceFilesQuery['session']>['workspace']>['files'];

/** The files of a session without a workspace. */
export const noFiles: Files = { edges: [], pageInfo: { hasNextPage: false, endCursor: null } };

export function fileJson({
  modifiedAt,
  linkTarget,
  downloadUrl,
  ...file
}: Files['edges'][number]['node']): z.infer<typeof WorkspaceFile> {
  return {
    ...file,
    modified_at: modifiedAt,
    link_target: linkTarget ?? null,
    download_url: downloadUrl,
  };
}
