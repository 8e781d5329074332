/** A file that is open for reading. A `FileHandle` of Node.js is one. */
export interface OpenFile extends AsyncDisposable {
  /** `size` is in bytes. */
  stat(): Promise<{ size: number }>;
  /** Reads from a position. It may read less than asked; it reads nothing only at the end of the file. */
  read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ buffer: Buffer; bytesRead: number }>;
}

/** `other`: a pipe, a socket, a device. */
export type EntryKind = 'file' | 'folder' | 'link' | 'other';

/** A thing in a folder. */
export interface NamedEntry {
  name: string;
  kind: EntryKind;
}

/**
 * The folder in which the tools that read files work: on the disk of a node, or the gateway's copy of it. Paths are
 * relative to it, with `/` between their names; the empty path is the folder itself. They have passed no link.
 */
export interface ToolFolder {
  /** What is in a folder, in no order. Empty for a folder that cannot be read. */
  list(folder: string): Promise<NamedEntry[]>;
  /** @throws Error of the file system, such as ENOENT. */
  kindOf(path: string): Promise<EntryKind>;
  /**
   * Opens a regular file.
   *
   * @param shown The path for error messages.
   * @throws ToolError FAILED if there is no regular file, or it cannot be read.
   */
  open(path: string, shown: string): Promise<OpenFile>;
}

export function joinPath(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}
