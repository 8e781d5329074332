import { join, resolve } from 'node:path';
import { countOf } from '../../base/count-of.ts';
import { formatBytes } from '../../base/format-bytes.ts';
import type { BlobStore } from '../../blobs/blob-store.ts';
import { openDiskBlobStore } from '../../blobs/disk-blob-store.ts';
import { noteDeeds, operator } from '../../changes/audit.ts';
import type { Config } from '../../config/config.ts';
import { StartupError } from '../../config/startup-error.ts';
import type { Snapshots } from '../../storage/database.ts';
import { openSnapshots } from '../../storage/open/open-snapshots.ts';
import { idList } from '../../storage/statements/dialect.ts';
import { exportedOwners, exportedSessions } from '../../storage/statements/exported-sessions.ts';
import { copyBlob } from '../backup/copy-blobs.ts';
import { ExportFile, filesFolder } from './export-file.ts';
import { type Installation, openInstallation, untilFull } from './open-installation.ts';
import { openProgress, type Progress } from './progress.ts';
import { readSession, type SessionContent } from './read-session.ts';
import { formatName, formatVersion } from './records.ts';
import { writeRecord } from './write-record.ts';

/** Which sessions are exported. Null: there is no such condition. */
interface ExportSelection {
  userId: string | null;
  /** Their database ids, each once, in ascending order. */
  sessionIds: number[] | null;
  /** Only those with a prompt or answer at that time or later. */
  since: Date | null;
}

export interface ExportOptions {
  config: Config;
  selection: ExportSelection;
  /** The folder. */
  to: string;
  /** Stops the export, which can go on later. */
  signal: AbortSignal;
}

/** Sessions whose ids are read at once. */
const idsAtOnce = 500;

/**
 * Exports sessions of the database that the settings name to a folder. An export that was broken off goes on.
 *
 * @returns What was exported, as a sentence.
 * @throws StartupError if something cannot be read or written, or if stored files are missing or damaged.
 */
export async function exportSessions({ config, selection, to, signal }: ExportOptions): Promise<string> {
  const folder = resolve(to);
  await using installation = await openInstallation(config, { needsData: true });
  const { statements } = installation;
  const [kind, parameters] = conditionOf(selection);
  const owners = await statements.all(exportedOwners[kind], parameters);
  const [sessions, messages] = [sumOf(owners, 'sessions'), sumOf(owners, 'messages')];
  if (selection.sessionIds !== null && sessions < selection.sessionIds.length)
    await refuseUnknown(installation, selection);
  return await untilFull(async () => {
    await using file = await ExportFile.open(folder, headerOf(installation, selection));
    await statements.transaction((tx) =>
      noteDeeds(
        tx,
        operator,
        owners.map((owner) => ({
          action: 'SESSIONS_EXPORTED',
          ownerId: owner.userId,
          subject: `User:${owner.userId}`,
          detail: countOf(owner.sessions, 'session'),
        })),
      ),
    );
    await using files = await openDiskBlobStore(join(folder, filesFolder));
    await files.sweepStaged(new Date());
    await using snapshots = await openSnapshots(config.database);
    using progress = await openProgress('messages');
    progress.begin('Exporting', messages, file.written.messages);
    const exporter = new SessionExporter({ installation, file, files, snapshots, progress });
    for (let after = file.written.lastId; ; ) {
      const page = await statements.all(exportedSessions[kind], [...parameters, after, idsAtOnce]);
      for (const { id } of page) await exporter.export(id, signal);
      after = page.at(-1)?.id ?? after;
      if (page.length < idsAtOnce) break;
    }
    await file.finish(writeRecord({ type: 'end', sessions: file.written.sessions }));
    exporter.refuseMissing(folder);
    const { sessions: written, messages: lines } = file.written;
    const copied = `${countOf(exporter.files, 'file')} (${formatBytes(exporter.bytes)})`;
    return `Exported ${countOf(written, 'session')} with ${countOf(lines, 'message')} and ${copied} to ${folder}.`;
  });
}

interface Parts {
  installation: Installation;
  file: ExportFile;
  files: BlobStore;
  snapshots: Snapshots;
  progress: Progress;
}

class SessionExporter {
  /** Files that were copied, and their bytes. */
  files = 0;
  bytes = 0;
  readonly #missing = new Set<string>();
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Writes a session, then copies its files, then writes its last line. Does nothing if the session was deleted. */
  async export(id: number, signal: AbortSignal): Promise<void> {
    const { file } = this.#parts;
    const start = await file.flush();
    for (let isAgain = false; ; isAgain = true) {
      const content = await this.#writeLines(id, signal);
      if (content === undefined) return;
      const missing = await this.#copyFiles(content, signal);
      // A gateway deletes the file of a message that is deleted. Then the session, read again, has neither.
      if (missing.length > 0 && !isAgain) {
        await file.rewind(start);
        continue;
      }
      for (const key of missing) this.#missing.add(key);
      const { messages, runs, head } = content;
      await file.write(writeRecord({ type: 'sessionEnd', id, head, messages, runs, missingFiles: missing }));
      await file.flush();
      file.written.sessions += 1;
      file.written.messages += messages;
      return;
    }
  }

  async #writeLines(id: number, signal: AbortSignal): Promise<SessionContent | undefined> {
    const { snapshots, installation, file, progress } = this.#parts;
    return await snapshots.read(async (reader) => {
      const lines = readSession(reader, id, installation.name);
      for (;;) {
        signal.throwIfAborted();
        const { value, done } = await lines.next();
        if (done) return value;
        await file.write(value);
        if (value.startsWith('{"type":"message"')) progress.add(1, `session ${id}`);
      }
    });
  }

  /** @returns The hashes of files that are not stored, or whose bytes are damaged. */
  async #copyFiles({ files: keys }: SessionContent, signal: AbortSignal): Promise<string[]> {
    const { installation, files, progress } = this.#parts;
    const missing = [];
    for (const key of keys) {
      signal.throwIfAborted();
      if ((await files.size(key)) !== null) continue;
      const copied = await copyBlob(installation.blobs, files, key, signal);
      if (typeof copied !== 'number') {
        missing.push(key);
        continue;
      }
      this.files += 1;
      this.bytes += copied;
      progress.add(0, `${formatBytes(this.bytes)} of files`);
    }
    return missing;
  }

  refuseMissing(folder: string): void {
    if (this.#missing.size === 0) return;
    const shown = [...this.#missing].slice(0, 3).join(', ');
    throw new StartupError(
      `The export in ${folder} is complete, but ${this.#missing.size} of its files are not stored any more, or damaged: ${shown}${this.#missing.size > 3 ? ', …' : ''}.`,
    );
  }
}

function headerOf({ name }: Installation, { userId, sessionIds, since }: ExportSelection): string {
  const version = `${formatVersion.major}.${formatVersion.minor}`;
  const selection = { userId, sessionIds, since };
  return `${JSON.stringify({ type: 'export', format: formatName, version, installation: name, selection })}\n`;
}

function conditionOf({ userId, sessionIds, since }: ExportSelection) {
  const ofUser = userId === null ? [] : [userId];
  const ids = sessionIds === null ? [] : [idList(sessionIds)];
  const all = userId === null ? ('all' as const) : ('ofUser' as const);
  const some = userId === null ? ('some' as const) : ('someOfUser' as const);
  return [sessionIds === null ? all : some, [...ofUser, ...ids, since ?? new Date(0)]] as const;
}

/** Names the first session that the selection asks for and that is not there. */
async function refuseUnknown({ statements }: Installation, selection: ExportSelection): Promise<void> {
  const { sessionIds, userId } = selection;
  const [kind, parameters] = conditionOf({ ...selection, since: null });
  const found = await statements.all(exportedSessions[kind], [...parameters, 0, sessionIds?.length ?? 0]);
  const known = new Set(found.map(({ id }) => id));
  const unknown = sessionIds?.find((id) => !known.has(id));
  if (unknown === undefined) return;
  const of = userId === null ? '' : ` of the user ${userId}`;
  throw new StartupError(`--session: there is no session ${unknown}${of}.`);
}

function sumOf<Name extends string>(rows: readonly Record<Name, number>[], name: Name): number {
  return rows.reduce((sum, row) => sum + Number(row[name]), 0);
}
