import type { Stats } from 'node:fs';

/** How a file or link looked when its content was known. While it looks the same, its content is taken to be the same. */
export interface Stamp {
  /** In bytes. */
  size: number;
  /** Permission bits. */
  mode: number;
  mtimeMs: number;
  ctimeMs: number;
  ino: number;
}

export function stampOf({ size, mode, mtimeMs, ctimeMs, ino }: Stats): Stamp {
  return { size, mode: mode & 0o777, mtimeMs, ctimeMs, ino };
}

export function isSameStamp(a: Stamp, b: Stamp): boolean {
  return (
    a.size === b.size &&
    a.mtimeMs === b.mtimeMs &&
    a.ctimeMs === b.ctimeMs &&
    a.ino === b.ino &&
    a.mode === b.mode
  );
}

/** File systems count time in steps: of the kernel's clock, or of one or two seconds. */
const stepMs = 50;
const coarseStepMs = 2_100;

/**
 * Whether a later change could leave the stamp the same, because it may fall into the same step of the file system's
 * clock. Such a stamp says nothing about the content.
 *
 * @param readAt When the content began to be read, in milliseconds since the Unix epoch.
 */
export function isTooFresh({ mtimeMs }: Stamp, readAt: number): boolean {
  return mtimeMs > readAt - (Number.isInteger(mtimeMs / 1_000) ? coarseStepMs : stepMs);
}
