import type { Context } from '../context.ts';
import type { Workspace } from '../generated/prisma/client.ts';
import { downloadPath } from '../sync/download-path.ts';
import { type Entry, sizeOf } from '../sync/entry.ts';
import { builder } from './builder.ts';
import { workspacePath } from './input-checks.ts';
import { type ItemIn, pageOfFolder } from './paging/folder-page.ts';
import { chargeRows } from './paging/rows.ts';
import { type FileIn, pageOfFiles } from './paging/workspace-pages.ts';
import { totalCount } from './total-count.ts';

export function fileIn({ sessionId, workspaceId }: Workspace, entry: Entry): FileIn {
  return { sessionId, workspaceId, entry };
}

export const WorkspaceFileRef = builder.objectRef<FileIn>('WorkspaceFile').implement({
  description: 'A file of a workspace, or a symbolic link. Empty folders are no part of a workspace.',
  fields: (t) => ({
    path: t.string({
      description: 'The path in the workspace: names with `/` between them, as `src/main.ts`.',
      resolve: ({ entry }) => entry.path,
    }),
    size: t.float({
      description: 'In bytes; 0 for a link.',
      resolve: ({ entry }) => sizeOf(entry),
    }),
    mode: t.int({
      description:
        'The permission bits, as `stat` has them: 420 (octal 644) for a usual file, 493 (octal 755) for a program; 0 for a link.',
      resolve: ({ entry }) => (entry.kind === 'file' ? entry.mode : 0),
    }),
    sha256: t.string({
      description:
        'The SHA-256 hash of the bytes, in hexadecimal; of a link: that of its target. Pass it as `expectedSha256` to overwrite only this version.',
      resolve: ({ entry }) => entry.sha256,
    }),
    modifiedAt: t.field({
      type: 'DateTime',
      description: 'When the bytes were last changed, by the clock of the machine that changed them.',
      resolve: ({ entry }) => entry.modifiedAt,
    }),
    linkTarget: t.string({
      nullable: true,
      description:
        'Where a symbolic link leads, as it was made; null for a file. The gateway never follows links.',
      resolve: ({ entry }) => (entry.kind === 'link' ? entry.target : null),
    }),
    text: t.string({
      nullable: true,
      description:
        'What is in the file, if it is text in UTF-8; null for a link, for a file with other bytes, and for a file larger than 1 MiB: download it.',
      resolve: (file, _args, context) => textOf(file, context),
    }),
    downloadUrl: t.string({
      description:
        'The path on this gateway from which the bytes can be downloaded, with the same token as this API. It supports range requests, and its `ETag` is the `sha256`. The bytes of a link are its target.',
      resolve: ({ workspaceId, entry }) => downloadPath(workspaceId, entry.path),
    }),
  }),
});

/** One text after the other is read, so that a page of large files is refused before it fills the memory. */
async function textOf({ sessionId, entry }: FileIn, context: Context): Promise<string | null> {
  if (entry.kind === 'link') return null;
  const [read] = await chargeRows(context, async () => [
    { text: await context.workspaces.text(sessionId, entry) },
  ]);
  return read?.text ?? null;
}

const WorkspaceEntryRef = builder.objectRef<ItemIn>('WorkspaceEntry').implement({
  description: 'A folder of a workspace, or a file or link, as something that lies in a folder.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The last name of the path.' }),
    path: t.exposeString('path', { description: 'The path in the workspace.' }),
    file: t.field({
      type: WorkspaceFileRef,
      nullable: true,
      description: 'The file or link; null for a folder.',
      resolve: ({ entry, ...place }) => entry && { ...place, entry },
    }),
  }),
});

builder.prismaObjectFields('Workspace', (t) => ({
  files: t.connection(
    {
      type: WorkspaceFileRef,
      description:
        'All files and links, also those in folders, sorted by path. Errors: BAD_USER_INPUT for a path that cannot be in a workspace.',
      args: {
        under: t.arg.string({
          validate: workspacePath,
          description: 'Only those in this folder and in the folders below it. Default: all.',
        }),
      },
      resolve: (workspace, { under, ...args }, context) =>
        pageOfFiles(context, workspace, { under: under ?? '', ...args }),
    },
    { name: 'WorkspaceFileConnection', fields: (t) => ({ totalCount: totalCount(t) }) },
    { name: 'WorkspaceFileEdge' },
  ),
  entries: t.connection(
    {
      type: WorkspaceEntryRef,
      description:
        'What is directly in a folder, for a tree that is opened folder by folder: first its folders, then its files and links, each sorted by name. Empty for a folder that is not there.',
      args: {
        folder: t.arg.string({
          validate: workspacePath,
          description: 'The path of the folder. Default: the top of the workspace.',
        }),
      },
      resolve: (workspace, { folder, ...args }, context) =>
        pageOfFolder(context, workspace, { folder: folder ?? '', ...args }),
    },
    { name: 'WorkspaceEntryConnection', fields: (t) => ({ totalCount: totalCount(t) }) },
    { name: 'WorkspaceEntryEdge' },
  ),
  file: t.field({
    type: WorkspaceFileRef,
    nullable: true,
    description: 'The file or link at a path; null if nothing is there.',
    args: {
      path: t.arg.string({
        required: true,
        validate: workspacePath,
        description: 'The path in the workspace, such as `src/main.ts`.',
      }),
    },
    resolve: async (workspace, { path }, { workspaces }) => {
      const entry = await workspaces.find(workspace.sessionId, path);
      return entry && fileIn(workspace, entry);
    },
  }),
}));
