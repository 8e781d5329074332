import { z } from 'zod';
import { unicodeText } from '../base/well-formed-text.ts';
import type { Context } from '../context.ts';
import { sessionNotFound } from '../errors.ts';
import type { Workspace } from '../generated/prisma/client.ts';
import { builder } from './builder.ts';
import { idArg } from './id-argument.ts';
import { workspacePath } from './input-checks.ts';
import { firstOf, rowsOf } from './paging/rows.ts';
import { SessionRef } from './session.ts';
import { WorkspaceRef } from './workspace.ts';
import { fileIn, WorkspaceFileRef } from './workspace-file.ts';

const notSaved =
  'Errors: NOT_FOUND if the session has no workspace that is shared; CONFLICT if the file is not the expected one, whose `sha256` is then in `extensions.sha256`; BAD_USER_INPUT for a path that cannot be in a workspace, or that has a folder where the file would be; PAYLOAD_TOO_LARGE for more than `MAX_WORKSPACE_FILE_BYTES`; QUOTA_EXCEEDED; INSUFFICIENT_STORAGE if the disk is full.';

const expected = z.string().regex(/^([0-9a-f]{64})?$/, 'expected a SHA-256 in hexadecimal, or an empty text');

const expectedText =
  'Overwrite the file only if it has this `sha256`; an empty text: only if there is no file. Default: overwrite whatever is there.';

builder.mutationFields((t) => {
  const sessionArg = idArg(t, SessionRef, 'The `id` of the session.');
  const pathArg = t.arg.string({
    required: true,
    validate: workspacePath,
    description: 'The path in the workspace, such as `src/main.ts`.',
  });
  const expectedArg = t.arg.string({ validate: expected, description: expectedText });
  return {
    writeWorkspaceFile: t.field({
      type: WorkspaceFileRef,
      nullable: true,
      authScopes: (_root, { sessionId }) => ({ session: sessionId }),
      description: `Writes a text file into the workspace of a session, in place of the file or link that is there. All connected nodes get it. A new file gets the mode 644, an existing one keeps its mode. ${notSaved}`,
      args: {
        sessionId: sessionArg,
        path: pathArg,
        text: t.arg.string({
          required: true,
          validate: unicodeText,
          description: 'What the file shall hold.',
        }),
        expectedSha256: expectedArg,
      },
      resolve: (_root, { text, ...place }, context) => write(context, place, bytesOf(text)),
    }),
    uploadWorkspaceFile: t.field({
      type: WorkspaceFileRef,
      nullable: true,
      authScopes: (_root, { sessionId }) => ({ session: sessionId }),
      description: `As \`writeWorkspaceFile\`, for a file of any kind and size. It is sent as the GraphQL multipart request specification describes. ${notSaved}`,
      args: {
        sessionId: sessionArg,
        path: pathArg,
        file: t.arg({ type: 'Upload', required: true, description: 'The file. Its name does not matter.' }),
        expectedSha256: expectedArg,
      },
      resolve: async (_root, { file, ...place }, context) =>
        write(context, place, (await file).createReadStream()),
    }),
    deleteWorkspaceFile: t.field({
      type: WorkspaceRef,
      nullable: true,
      authScopes: (_root, { sessionId }) => ({ session: sessionId }),
      description:
        'Deletes a file or link of the workspace of a session, or a folder with all that is in it, on all nodes. Errors: NOT_FOUND if nothing is at the path.',
      args: { sessionId: sessionArg, path: pathArg },
      resolve: async (_root, { sessionId, path }, context) => {
        await context.workspaces.delete(sessionId, path);
        return workspaceOf(context, sessionId);
      },
    }),
  };
});

interface Place {
  sessionId: number;
  path: string;
  expectedSha256?: string | null | undefined;
}

async function write(
  context: Context,
  { sessionId, path, expectedSha256 }: Place,
  source: AsyncIterable<Uint8Array>,
) {
  const entry = await context.workspaces.write({ sessionId, path, source, expectedSha256 });
  return fileIn(await workspaceOf(context, sessionId), entry);
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** @throws GatewayError NOT_FOUND if the session was deleted meanwhile. */
async function workspaceOf(context: Context, sessionId: number): Promise<Workspace> {
  const workspace = await firstOf(rowsOf(context).workspaceOfSession.of({ id: sessionId }));
  if (workspace === null) throw sessionNotFound(sessionId);
  return workspace;
}
