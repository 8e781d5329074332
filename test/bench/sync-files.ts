import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Files that are synced. */
export interface Kind {
  name: string;
  /** Creates the files. */
  fill(folder: string): Promise<void>;
  /** Changes one file of them, and returns its path. */
  change(folder: string): Promise<string>;
}

/** Text that compresses by half, 200 bytes to 4 KB, as in a source tree. */
export function smallFiles(count: number): Kind {
  return {
    name: `${count} small files`,
    async fill(folder) {
      for (let at = 0; at < count; at += 1) {
        const below = join(folder, `d${at % 100}`);
        if (at < 100) await mkdir(below);
        const text = randomBytes(50 + (at % 1_000)).toString('hex');
        await writeFile(join(below, `f${at}.txt`), text.repeat(2));
      }
    },
    async change(folder) {
      await writeFile(join(folder, 'd7', 'f7.txt'), randomBytes(500).toString('hex'));
      return 'd7/f7.txt';
    },
  };
}

/** Bytes that do not compress. The change adds to the end, as a log or a recording grows. */
export function largeFile(megabytes: number): Kind {
  return {
    name: `one file of ${megabytes} MB`,
    async fill(folder) {
      for (let at = 0; at < megabytes; at += 1)
        await writeFile(join(folder, 'large.bin'), randomBytes(1_048_576), { flag: 'a' });
    },
    async change(folder) {
      await writeFile(join(folder, 'large.bin'), randomBytes(100), { flag: 'a' });
      return 'large.bin';
    },
  };
}
