import { constants, existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../base/caught-error.ts';
import { StartupError } from '../../config/startup-error.ts';
import { readLines } from './read-lines.ts';

/** The file with all lines of an export. */
export const linesFile = 'sessions.jsonl';
/** Its name until it is complete. */
const unfinishedFile = 'sessions.jsonl.part';
/** The folder with the recordings and attachments. */
export const filesFolder = 'files';

/** Characters that are collected before they are written. */
const batchLength = 262_144;

/** What an export has written so far. */
export interface Written {
  sessions: number;
  messages: number;
  /** The last session; 0 if there is none. */
  lastId: number;
}

/** The file of an export that is being written. A session counts when its last line is there, so an export can go on behind it. */
export class ExportFile implements AsyncDisposable {
  readonly written: Written;
  readonly #folder: string;
  readonly #file: FileHandle;
  /** Where the next bytes are written. */
  #position: number;
  #batch = '';

  private constructor(
    folder: string,
    file: FileHandle,
    { position, ...written }: Written & { position: number },
  ) {
    this.#folder = folder;
    this.#file = file;
    this.#position = position;
    this.written = written;
  }

  /**
   * Begins an export in a new or empty folder, or goes on with one that has the same first line.
   *
   * @throws StartupError if the folder holds anything else.
   */
  static async open(folder: string, header: string): Promise<ExportFile> {
    await makeFolder(folder);
    if (existsSync(join(folder, linesFile))) {
      throw new StartupError(`There is an export in ${folder} already: choose another folder.`);
    }
    const path = join(folder, unfinishedFile);
    if (!existsSync(path) && (await readdir(folder)).length > 0) {
      throw new StartupError(`The folder ${folder} is not empty: choose a new folder for the export.`);
    }
    const found = await findEnd(path, header);
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    await file.truncate(found.position);
    const opened = new ExportFile(folder, file, found);
    if (found.position === 0) await opened.write(header);
    return opened;
  }

  async write(line: string): Promise<void> {
    this.#batch += line;
    if (this.#batch.length >= batchLength) await this.flush();
  }

  /** @returns Where the next line begins. */
  async flush(): Promise<number> {
    const bytes = Buffer.from(this.#batch);
    this.#batch = '';
    for (let at = 0; at < bytes.length; ) {
      at += (await this.#file.write(bytes, at, bytes.length - at, this.#position + at)).bytesWritten;
    }
    this.#position += bytes.length;
    return this.#position;
  }

  /** Takes back all lines from a position on. */
  async rewind(position: number): Promise<void> {
    this.#batch = '';
    this.#position = position;
    await this.#file.truncate(position);
  }

  /** Gives the file its name. Then it survives a power cut. */
  async finish(lastLine: string): Promise<void> {
    await this.write(lastLine);
    await this.flush();
    await this.#file.sync();
    await rm(join(this.#folder, filesFolder, 'staged'), { recursive: true, force: true });
    await rename(join(this.#folder, unfinishedFile), join(this.#folder, linesFile));
    await using opened = await open(this.#folder);
    await opened.sync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StartupError(`The folder ${folder} cannot be created: ${messageOf(error)}.`, { cause: error });
  }
}

/** Finds out what an export that was broken off has written, and where its last whole session ends. */
async function findEnd(path: string, header: string): Promise<Written & { position: number }> {
  const found = { position: 0, sessions: 0, messages: 0, lastId: 0 };
  if (!existsSync(path)) return found;
  const options = { longest: Number.POSITIVE_INFINITY, tooLong: () => otherExport(path) };
  for await (const { number, bytes, end, isWhole } of readLines(path, options)) {
    if (!isWhole) break;
    if (number === 1) {
      if (`${bytes.toString()}\n` !== header) otherExport(path);
      found.position = end;
    } else if (bytes.subarray(0, endMark.length).equals(endMark)) {
      const { id, messages } = JSON.parse(bytes.toString()) as { id: number; messages: number };
      found.position = end;
      found.sessions += 1;
      found.messages += messages;
      found.lastId = id;
    }
  }
  return found;
}

/** How `writeRecord` begins the last line of a session. */
const endMark = Buffer.from('{"type":"sessionEnd"');

function otherExport(path: string): never {
  throw new StartupError(
    `${path} is a part of an export with other arguments, of another database or by another version: choose another folder, or delete it.`,
  );
}
