import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { countOf } from '../../base/count-of.ts';
import { formatBytes } from '../../base/format-bytes.ts';
import type { Config } from '../../config/config.ts';
import { StartupError } from '../../config/startup-error.ts';
import { linesFile } from './export-file.ts';
import { ImportFiles } from './import-files.ts';
import { Importer } from './importer.ts';
import { openInstallation, untilFull } from './open-installation.ts';
import { openProgress, type Progress } from './progress.ts';
import { readRecords } from './read-records.ts';
import { type FileRecord, filesOf } from './records.ts';

export interface ImportOptions {
  config: Config;
  /** The folder of the export. */
  from: string;
  /** The user who gets the sessions; null: the users that had them. */
  userId: string | null;
  /** Stops the import, which can be repeated. */
  signal: AbortSignal;
}

/**
 * Imports an export into the database that the settings name. The whole export is checked before anything is stored. A
 * session is seen when all of it is there; one that the user has already is left out, so that an import can be repeated.
 *
 * @returns What was imported, as a sentence.
 * @throws StartupError that names the line if the export is not as it must be.
 */
export async function importSessions({ config, from, userId, signal }: ImportOptions): Promise<string> {
  const folder = resolve(from);
  const path = join(folder, linesFile);
  if (!existsSync(path)) {
    const isPart = existsSync(`${path}.part`);
    throw new StartupError(
      isPart
        ? `The export in ${folder} is not complete: run its command again first.`
        : `There is no export in ${folder}: it lacks ${linesFile}.`,
    );
  }
  const files = new ImportFiles(folder);
  await using installation = await openInstallation(config);
  using progress = await openProgress('messages');
  const total = await checkExport(path, { files, signal, progress });
  return await untilFull(async () => {
    progress.begin('Importing', total);
    await using importer = new Importer({ installation, files, userId, progress, signal });
    for await (const read of readRecords(path)) await importer.add(read);
    await importer.index();
    const { sessions, messages, kept, bytes } = importer.done;
    const before =
      kept === 0 ? '' : ` Left ${countOf(kept, 'session')} unchanged that had been there before.`;
    return `Imported ${countOf(sessions, 'session')} with ${countOf(messages, 'message')} and ${formatBytes(bytes)} of files.${before}`;
  });
}

interface CheckOptions {
  files: ImportFiles;
  signal: AbortSignal;
  progress: Progress;
}

/** Checks all lines and all files. @returns The number of messages. */
async function checkExport(path: string, { files, signal, progress }: CheckOptions): Promise<number> {
  let messages = 0;
  progress.begin('Checking', 0);
  let ofSession = new Map<string, { file: FileRecord; line: number }>();
  for await (const { record, line } of readRecords(path)) {
    signal.throwIfAborted();
    if (record.type === 'message') {
      messages += 1;
      progress.add(1);
      for (const file of filesOf<FileRecord>(record))
        ofSession.set(`${file.sha256}:${file.size}`, { file, line });
    }
    if (record.type !== 'sessionEnd') continue;
    const missing = new Set(record.missingFiles);
    for (const { file, line } of ofSession.values()) {
      if (missing.has(file.sha256)) continue;
      const problem = await files.problemOf(file.sha256, file.size, signal);
      if (problem !== undefined) throw new StartupError(`${linesFile}:${line}: sha256: expected ${problem}.`);
    }
    ofSession = new Map();
  }
  return messages;
}
