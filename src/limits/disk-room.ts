import { statfs } from 'node:fs/promises';

/** The disk that holds the database. In bytes. */
export interface Disk {
  /** What the gateway may still write. */
  free: number;
  size: number;
}

/** Reads the disk. Resolves with undefined if it cannot be read. */
export type ReadDisk = () => Promise<Disk | undefined>;

/** @param folder A folder on the disk. */
export function readDiskOf(folder: string): ReadDisk {
  return async () => {
    const disk = await statfs(folder).catch(() => undefined);
    return disk && { free: disk.bavail * disk.bsize, size: disk.blocks * disk.bsize };
  };
}

export interface DiskRoomOptions {
  /** Bytes that should stay free; 0: the disk is not read. */
  minFreeBytes: number;
  /** What a user may store while there is room, in bytes; 0: no limit. */
  maxBytesPerUser: number;
  readDisk: ReadDisk;
}

/** The disk is read at most this often, in milliseconds. */
const readEveryMs = 1_000;

/**
 * Returns how many bytes each user may have stored while the disk is nearly full; undefined while there is room.
 *
 * The share shrinks with the free space: at half of `minFreeBytes` it is half of what a user may store otherwise, or
 * half of the disk if there is no such limit. So the users who have stored the most are refused first, and those with
 * little can go on until nearly nothing is free.
 */
export function createDiskRoom(options: DiskRoomOptions): () => Promise<number | undefined> {
  const { minFreeBytes, maxBytesPerUser, readDisk } = options;
  let share: Promise<number | undefined> = Promise.resolve(undefined);
  let readAt = Number.NEGATIVE_INFINITY;
  const read = async () => {
    const disk = await readDisk();
    if (disk === undefined || disk.free >= minFreeBytes) return undefined;
    return Math.floor((maxBytesPerUser || disk.size) * (disk.free / minFreeBytes));
  };
  return () => {
    if (minFreeBytes > 0 && performance.now() - readAt >= readEveryMs) {
      readAt = performance.now();
      share = read();
    }
    return share;
  };
}
