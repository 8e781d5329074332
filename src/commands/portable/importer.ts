import { setTimeout as delay } from 'node:timers/promises';
import { formatBytes } from '../../base/format-bytes.ts';
import { createMemoryBus } from '../../bus/memory/memory-bus.ts';
import { ChangeLog } from '../../changes/change-log.ts';
import { RemovalSweep } from '../../chat/removal/removal-sweep.ts';
import { UploadedBlobs } from '../../chat/uploads/uploaded-blobs.ts';
import { StartupError } from '../../config/startup-error.ts';
import { Backlog } from '../../storage/search/backlog.ts';
import { ownSession, sessionOfOrigin } from '../../storage/statements/imported-sessions.ts';
import type { ImportFiles } from './import-files.ts';
import { bytesAtOnce } from './in-pieces.ts';
import type { Installation } from './open-installation.ts';
import type { Progress } from './progress.ts';
import type { ReadRecord } from './read-records.ts';
import { originOf } from './read-session.ts';
import { type AnyRecord, type FileRecord, filesOf, type RecordOf } from './records.ts';
import { SessionWriter } from './session-writer.ts';

export interface ImporterOptions {
  installation: Installation;
  files: ImportFiles;
  userId: string | null;
  progress: Progress;
  signal: AbortSignal;
}

/** Records that one transaction writes. */
const recordsAtOnce = 200;
/** Longest pause behind a transaction, in milliseconds. */
const longestPause = 50;
/** Messages that one transaction adds to the search index. */
const indexedAtOnce = 50;

/** Stores the sessions whose records it is given, one after the other. */
export class Importer implements AsyncDisposable {
  readonly done = { sessions: 0, messages: 0, kept: 0, bytes: 0 };
  readonly #options: ImporterOptions;
  readonly #changes: ChangeLog;
  readonly #sweep: RemovalSweep;
  /** The session that is being written; undefined between two sessions, and within one that is left out. */
  #writer: SessionWriter | undefined;
  #files = new Map<string, FileRecord>();
  #batch: Exclude<AnyRecord, RecordOf<'session'> | RecordOf<'sessionEnd'> | RecordOf<'end'>>[] = [];
  #batchBytes = 0;

  constructor(options: ImporterOptions) {
    this.#options = options;
    const { statements, blobs, log } = options.installation;
    this.#changes = new ChangeLog({ dialect: statements.dialect, bus: createMemoryBus() });
    this.#sweep = new RemovalSweep({
      ...{ statements, log, blobs: new UploadedBlobs(blobs, statements) },
      lease: { onOtherGone() {} },
      quotas: { release() {} },
      // An imported session shares no files with nodes.
      removeFiles: async () => {},
    });
  }

  async add({ record, bytes }: ReadRecord): Promise<void> {
    this.#options.signal.throwIfAborted();
    if (record.type === 'session') await this.#begin(record);
    else if (record.type === 'sessionEnd') await this.#end(record);
    else if (record.type !== 'end' && this.#writer !== undefined) {
      if (this.#writer.waitsFor(record)) await this.#flush(this.#writer);
      this.#batch.push(record);
      this.#batchBytes += bytes;
      if (this.#batch.length >= recordsAtOnce || this.#batchBytes >= bytesAtOnce)
        await this.#flush(this.#writer);
    }
    if (record.type === 'message') this.#options.progress.add(1);
  }

  /** Adds the messages to the search index. A gateway goes on with it when this is stopped. */
  async index(): Promise<void> {
    const { installation, signal } = this.#options;
    const { statements, log } = installation;
    await using backlog = new Backlog({ statements, log, atOnce: indexedAtOnce });
    backlog.start();
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    await Promise.race([backlog.settled(), stopped]);
  }

  /** Deletes the session that is not whole. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#writer) await this.#sweep.finish([this.#writer.id]);
    await this.#sweep[Symbol.asyncDispose]();
  }

  async #begin(record: RecordOf<'session'>): Promise<void> {
    const { userId, installation } = this.#options;
    const session = userId === null ? record : { ...record, userId };
    if (await this.#isThere(session)) return;
    this.#writer = await SessionWriter.begin(session, {
      statements: installation.statements,
      changes: this.#changes,
    });
  }

  /** Whether the user has the session: the imported one, or the one that was created here. */
  async #isThere({ origin, userId }: RecordOf<'session'>): Promise<boolean> {
    const { statements, name } = this.#options.installation;
    if ((await statements.get(sessionOfOrigin, [origin, userId])) !== undefined) return true;
    const [installation, id] = origin.split(':');
    if (installation !== name || !/^\d{1,9}$/.test(id ?? '')) return false;
    const own = await statements.get(ownSession, [Number(id), userId]);
    return own !== undefined && originOf(name, own) === origin;
  }

  async #end(record: RecordOf<'sessionEnd'>): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined) {
      this.done.kept += 1;
      return;
    }
    await this.#flush(writer);
    // A gateway may have deleted a file that no message had any more, before the messages of this session had it.
    for (const { sha256 } of this.#files.values()) await this.#store(sha256, record.missingFiles);
    if (await writer.show(record)) {
      this.#writer = undefined;
      this.done.sessions += 1;
      this.done.messages += record.messages;
    } else {
      this.done.kept += 1;
      await this.#sweep.finish([writer.id]);
      this.#writer = undefined;
    }
    this.#files = new Map();
  }

  async #flush(writer: SessionWriter): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    if (batch.length === 0) return;
    for (const record of batch) {
      if (record.type !== 'message') continue;
      for (const file of filesOf<FileRecord>(record)) this.#files.set(file.sha256, file);
    }
    const begunAt = performance.now();
    await writer.write(batch);
    // SQLite has one writer at a time: a gateway gets as much time as the import.
    const pause = Math.min(performance.now() - begunAt, longestPause);
    if (this.#options.installation.statements.dialect === 'sqlite') await delay(pause);
  }

  async #store(sha256: string, missing: readonly string[]): Promise<void> {
    const { files, installation, signal, progress } = this.#options;
    if (missing.includes(sha256)) return;
    const stored = await files.store(sha256, installation.blobs, signal);
    if (stored === undefined)
      throw new StartupError(`The file ${sha256} of the export was changed during the import.`);
    this.done.bytes += stored;
    progress.add(0, `${formatBytes(this.done.bytes)} of files`);
  }
}
