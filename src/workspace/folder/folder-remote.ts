import type { ChangesResult, FileChange } from '../../sync/change.ts';
import type { ChangedPath, Chunk, FolderListing, Remote } from '../../sync/remote.ts';
import type { CommitResult } from '../commit/commits.ts';
import { shownOutcome } from '../commit/plan.ts';
import type { Writer } from '../commit/writer.ts';
import type { Contents } from '../contents/contents.ts';

/** What a folder of the gateway needs of the workspaces. */
export interface FolderWorkspaces {
  contents: Pick<Contents, 'missing' | 'read'>;
  changedAfter(
    sessionId: number,
    after: number,
  ): Promise<{ revision: number; paths: AsyncIterable<ChangedPath> } | undefined>;
  folder(sessionId: number, path: string): Promise<FolderListing & { revision: number }>;
  storeForFolder(sessionId: number, chunks: AsyncIterable<Chunk>): Promise<void>;
  commit(sessionId: number, changes: readonly FileChange[], writer: Writer): Promise<CommitResult>;
}

/**
 * A workspace for the replica of a folder of the gateway: without HTTP.
 *
 * @param report Gets what the replica says about itself.
 */
export function createFolderRemote(
  workspaces: FolderWorkspaces,
  sessionId: number,
  report: Remote['report'],
): Remote {
  return {
    changedAfter: (after) => workspaces.changedAfter(sessionId, after),
    folder: (path) => workspaces.folder(sessionId, path),
    missing: (chunks) => workspaces.contents.missing(sessionId, chunks),
    send: (chunks) => workspaces.storeForFolder(sessionId, each(chunks)),
    receive: (chunks) =>
      workspaces.contents.read(
        sessionId,
        chunks.map(({ sha256 }) => sha256),
      ),
    async change(changes): Promise<ChangesResult> {
      const { revision, outcomes } = await workspaces.commit(sessionId, changes, { kind: 'folder' });
      return { revision, outcomes: outcomes.map(shownOutcome) };
    },
    report,
  };
}

async function* each(chunks: readonly Chunk[]): AsyncGenerator<Chunk> {
  yield* chunks;
}
