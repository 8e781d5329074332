import { Readable } from 'node:stream';
import type { Logger } from 'pino';
import type { BlobStore, ByteRange } from '../blobs/blob-store.ts';
import type { Bus } from '../bus/bus.ts';
import type { ChangeLog } from '../changes/change-log.ts';
import type { Quotas } from '../limits/quotas.ts';
import { idList } from '../storage/statements/dialect.ts';
import type { Statements } from '../storage/statements/statement.ts';
import {
  type ConflictRow,
  conflictsOfSession,
  deletedWorkspaces,
  fileAt,
  type WorkspaceState,
  workspaceById,
  workspaceOfNode,
  workspaceState,
} from '../storage/statements/workspace-files.ts';
import type { FileChange } from '../sync/change.ts';
import { chunksOf, type Entry, type FileEntry } from '../sync/entry.ts';
import type { AgentReport, Chunk, FolderListing } from '../sync/remote.ts';
import { Answers } from './answers/answers.ts';
import { type CommitResult, Commits } from './commit/commits.ts';
import type { Writer } from './commit/writer.ts';
import { Contents } from './contents/contents.ts';
import { PendingUploads } from './contents/pending-uploads.ts';
import { readText } from './contents/read-text.ts';
import { FileChecks } from './contents/verify-files.ts';
import { ServerFolders, type ServerFoldersOptions } from './folder/server-folders.ts';
import { entryOf } from './model/entry-row.ts';
import { type WorkspaceLimits, workspaceNotFound } from './model/limits.ts';
import { removeWorkspaces } from './removal/remove-workspaces.ts';
import { WorkspaceSweep } from './removal/workspace-sweep.ts';
import { followWorkspacesOfNode, type NodeWorkspace } from './status/node-workspaces.ts';
import { Reports } from './status/reports.ts';
import { ToldChanges } from './status/told-changes.ts';
import { changedPaths } from './tree/changed-paths.ts';
import { type FileOrder, pageOf } from './tree/page-of.ts';
import { type KnownTree, TreeCache } from './tree/tree-cache.ts';
import { ClientWrites, type WrittenFile } from './writes/client-writes.ts';

export interface WorkspacesOptions {
  statements: Statements;
  /** Nothing else may use it. */
  blobs: BlobStore;
  bus: Bus;
  changes: ChangeLog;
  quotas: Quotas;
  limits: WorkspaceLimits;
  /** The folders of the gateway that are the source of files. */
  folders: Pick<ServerFoldersOptions, 'root' | 'stateFolder' | 'values' | 'gatewayId'>;
  log: Logger;
}

/** Files and links that are remembered in memory, of all workspaces together. */
const maxRemembered = 300_000;
/** Milliseconds between two changes of one workspace, or of one node of it, that followers are told. */
const tellEveryMs = 500;

/** The files that sessions share with their nodes. Disposing tells what was not told yet. */
export class Workspaces implements AsyncDisposable {
  readonly contents: Contents;
  /** Answers calls of tools in place of the nodes. */
  readonly copy: Answers;
  readonly #options: WorkspacesOptions;
  readonly #trees: TreeCache;
  readonly #checks: FileChecks;
  readonly #commits: Commits;
  readonly #reports: Reports;
  readonly #told: ToldChanges;
  readonly #uploads: PendingUploads;
  readonly #sweep: WorkspaceSweep;
  readonly #folders: ServerFolders;
  readonly #writes: ClientWrites;

  constructor(options: WorkspacesOptions) {
    this.#options = options;
    const { statements, quotas, limits } = options;
    this.#trees = new TreeCache(statements, maxRemembered);
    this.contents = new Contents(options);
    this.copy = new Answers({ ...options, contents: this.contents, trees: this.#trees });
    this.#checks = new FileChecks(this.contents);
    this.#told = new ToldChanges({ ...options, everyMs: tellEveryMs });
    this.#uploads = new PendingUploads(quotas, limits);
    this.#sweep = new WorkspaceSweep({
      ...options,
      trees: this.#trees,
      onSwept: () => this.#uploads.clear(),
    });
    const onDropped = this.#sweep.noteDropped.bind(this.#sweep);
    const parts = { trees: this.#trees, contents: this.contents, checks: this.#checks, told: this.#told };
    const shared = { ...parts, uploads: this.#uploads, onDropped };
    this.#commits = new Commits({ ...options, ...shared });
    this.#reports = new Reports({ ...options, told: this.#told });
    const store = this.#store.bind(this);
    this.#writes = new ClientWrites({
      ...{ statements, limits, store },
      checks: this.#checks,
      commits: this.#commits,
    });
    const { maxFiles } = limits;
    this.#folders = new ServerFolders({ ...options, ...options.folders, workspaces: this, maxFiles });
  }

  /** The workspace of a session. Undefined if it has none, or was deleted. */
  async state(sessionId: number): Promise<WorkspaceState | undefined> {
    return this.#options.statements.get(workspaceState, [sessionId]);
  }

  /** The workspace with this id. Undefined if there is none, or its session was deleted. */
  async stateById(workspaceId: string): Promise<WorkspaceState | undefined> {
    return this.#options.statements.get(workspaceById, [workspaceId]);
  }

  /** A shared workspace to whose session a node is attached. */
  async stateForNode(workspaceId: string, agentNodeId: number): Promise<WorkspaceState | undefined> {
    return this.#options.statements.get(workspaceOfNode, [workspaceId, agentNodeId]);
  }

  /**
   * All files and links. Use the tree in the turn in which you get it.
   *
   * @throws GatewayError NOT_FOUND if the session has no workspace.
   */
  async tree(sessionId: number): Promise<KnownTree> {
    const known = await this.#trees.find(sessionId);
    if (known === undefined) throw workspaceNotFound();
    return known;
  }

  /** The file or link at a path. Of a session that was deleted nothing is found. */
  async find(sessionId: number, path: string): Promise<Entry | undefined> {
    const row = await this.#options.statements.get(fileAt, [sessionId, path]);
    return (row && entryOf(row)) ?? undefined;
  }

  /** Some of the files and links, sorted by their paths. */
  async files(sessionId: number, order: FileOrder): Promise<Entry[]> {
    const known = await this.tree(sessionId);
    return pageOf(known.paths(), order).map((path) => known.tree.get(path) as Entry);
  }

  /** The bytes of a file, or a part of them. The stream fails if the file is changed meanwhile and its content gone. */
  async open(sessionId: number, file: FileEntry, range?: ByteRange): Promise<Readable> {
    const { start, end } = range ?? { start: 0, end: file.size - 1 };
    const bytes = this.contents.readRange(sessionId, chunksOf(file), { start, end });
    return Readable.from(bytes, { objectMode: false });
  }

  /** The text of a file; null if it has more than 1 MB or is no text in UTF-8. Of a link: its target. */
  async text(sessionId: number, entry: Entry): Promise<string | null> {
    return entry.kind === 'link' ? entry.target : readText(this.contents, sessionId, entry);
  }

  /**
   * Stores a file for a client.
   *
   * @throws GatewayError BAD_USER_INPUT, NOT_FOUND, CONFLICT if the file is not the expected one or the path is taken,
   *   PAYLOAD_TOO_LARGE, QUOTA_EXCEEDED, INSUFFICIENT_STORAGE.
   */
  write(file: WrittenFile): Promise<FileEntry> {
    return this.#writes.write(file);
  }

  /**
   * Deletes a file or link, or everything in a folder.
   *
   * @throws GatewayError BAD_USER_INPUT, NOT_FOUND.
   */
  delete(sessionId: number, path: string): Promise<void> {
    return this.#writes.delete(sessionId, path);
  }

  /**
   * Stores the chunks that a node sends.
   *
   * @throws GatewayError NOT_FOUND if it was detached meanwhile, QUOTA_EXCEEDED, INSUFFICIENT_STORAGE.
   */
  async storeFor(
    agentNodeId: number,
    { sessionId, workspaceId, userId }: WorkspaceState,
    chunks: AsyncIterable<Chunk>,
  ): Promise<void> {
    await this.#store(userId, sessionId, chunks, agentNodeId);
    if ((await this.stateForNode(workspaceId, agentNodeId)) === undefined) throw workspaceNotFound();
  }

  /** Stores the chunks of the gateway's own folder. */
  async storeForFolder(sessionId: number, chunks: AsyncIterable<Chunk>): Promise<void> {
    const state = await this.state(sessionId);
    if (state === undefined) throw workspaceNotFound();
    await this.#store(state.userId, sessionId, chunks);
  }

  /** Takes the changes of a replica. */
  commit(sessionId: number, changes: readonly FileChange[], writer: Writer): Promise<CommitResult> {
    const entries = changes.map(({ entry }) => entry);
    return this.#commits.commit({ sessionId, writer, entries, decide: () => changes });
  }

  /** The conflicts of a session that have not been resolved, oldest first. */
  async conflicts(sessionId: number): Promise<ConflictRow[]> {
    return this.#options.statements.all(conflictsOfSession, [sessionId]);
  }

  /**
   * What has changed after a revision. Undefined if deletions since then have been forgotten.
   *
   * @param after 0: everything that there is, without deletions.
   */
  async changedAfter(sessionId: number, after: number) {
    const state = await this.state(sessionId);
    if (state === undefined) throw workspaceNotFound();
    if (after !== 0 && after < state.prunedRevision) return undefined;
    return { revision: state.revision, paths: changedPaths(this.#options.statements, sessionId, after) };
  }

  /** What is in a folder, one level deep. */
  async folder(sessionId: number, path: string): Promise<FolderListing & { revision: number }> {
    const { tree, revision } = await this.tree(sessionId);
    const { folders, entries } = tree.list(path);
    const below = (name: string) => (path === '' ? name : `${path}/${name}`);
    const hashes = Object.fromEntries(folders.map((name) => [name, tree.hash(below(name))]));
    return { hash: tree.hash(path), folders: hashes, entries, revision };
  }

  /** @throws GatewayError NOT_FOUND if the node is not attached to the session. */
  report(sessionId: number, node: { id: number; nodeId: string }, report: AgentReport): Promise<void> {
    return this.#reports.take(sessionId, node.id, node.nodeId, report);
  }

  /** The shared workspaces of a node, now and again after each change of them, until the signal aborts. */
  followOfNode(node: { id: number; nodeId: string }, signal: AbortSignal): AsyncGenerator<NodeWorkspace[]> {
    const onUse = this.#folders.use.bind(this.#folders);
    return followWorkspacesOfNode({ ...this.#options, onUse }, node, signal);
  }

  async #store(
    userId: string,
    sessionId: number,
    chunks: AsyncIterable<Chunk>,
    agentNodeId?: number,
  ): Promise<number> {
    await this.#uploads.check(userId, sessionId);
    const bytes = await this.contents.store(sessionId, chunks, agentNodeId);
    this.#uploads.add(userId, sessionId, bytes);
    return bytes;
  }

  /**
   * Deletes what is left of an earlier gateway and what is not needed any more, now and once a day.
   *
   * @param stagedBefore Uploads that began before and have not ended are of no use to anybody.
   */
  startSweep(stagedBefore: Date): void {
    this.#sweep.start(stagedBefore);
  }

  /** Deletes the files of those of the sessions that were deleted. Stops early when `isClosing` says so. */
  async remove(sessionIds: readonly number[], isClosing: () => boolean): Promise<void> {
    const names = await this.#options.statements.all(deletedWorkspaces, [idList(sessionIds)]);
    await this.#folders.forget(names);
    await removeWorkspaces(this.#options, sessionIds, isClosing);
    for (const sessionId of sessionIds) this.#trees.forget(sessionId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.copy[Symbol.asyncDispose]();
    await this.#folders[Symbol.asyncDispose]();
    await this.#sweep[Symbol.asyncDispose]();
    await this.#told[Symbol.asyncDispose]();
  }
}
