import { z } from '@hono/zod-openapi';
import { encodeId } from '../../base/global-id.ts';
import { GetWorkspaceDocument, GetWorkspaceFilesDocument } from '../../gql/graphql.ts';
import { SessionPath } from '../input/path-id.ts';
import { jsonRoute } from '../route/json-route.ts';
import { listRoute } from '../route/list-route.ts';
import type { Route } from '../route/route.ts';
import { fileJson, noFiles, Workspace, WorkspaceFiles, workspaceJson } from './workspace-responses.ts';

const FilesFilter = z.object({
  under: z.string().optional().openapi({
    description: 'Only the files in this folder and in the folders below it. Left out: all files.',
    example: 'src',
  }),
});

/** The operations on the files of a session. They are no part of the documented legacy API. */
export const workspaceRoutes: readonly Route[] = [
  jsonRoute({
    method: 'get',
    path: '/sessions/{session_id}/workspace',
    operationId: 'get_workspace',
    summary: 'Get the Workspace of a Session',
    description:
      'Returns how many files the session shares with its nodes, where they come from, and which were changed in two places.',
    failures: { 404: 'The session does not exist, or no node has ever been attached to it.' },
    input: { path: SessionPath },
    document: GetWorkspaceDocument,
    variables: ({ path }) => ({ id: encodeId('Session', path.session_id) }),
    response: Workspace,
    toJson: ({ session }) => session && workspaceJson(session),
  }),
  listRoute({
    method: 'get',
    path: '/sessions/{session_id}/workspace/files',
    operationId: 'list_workspace_files',
    summary: 'List the Files of a Session',
    description:
      'Returns the files that the session shares with its nodes, without their contents: download each from its `download_url`. Write and delete files over GraphQL.',
    input: { path: SessionPath, query: FilesFilter },
    document: GetWorkspaceFilesDocument,
    variables: ({ path, query }, page) => ({
      id: encodeId('Session', path.session_id),
      under: query.under,
      ...page,
    }),
    connection: ({ session }) => session && (session.workspace?.files ?? noFiles),
    response: WorkspaceFiles,
    itemJson: fileJson,
    around: ({ path }) => [`{"session_id":${path.session_id},"files":[`, ']}'],
  }),
];
