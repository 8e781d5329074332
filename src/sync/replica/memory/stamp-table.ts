import { grown } from '../../entry-table.ts';
import type { Stamp } from '../disk/stamp.ts';

/** What a stamp has besides its mode: size, two times and the inode. */
const width = 4;
/** In place of a mode. */
const noStamp = 0xffff;

/** Stamps at numbers, in columns: an object for each of 100,000 files takes three times the memory. */
export class StampTable {
  #numbers = new Float64Array(0);
  #modes = new Uint16Array(0);

  get(at: number): Stamp | undefined {
    const mode = this.#modes[at] ?? noStamp;
    if (mode === noStamp) return undefined;
    const start = at * width;
    const [size, mtimeMs, ctimeMs, ino] = this.#numbers.subarray(start, start + width) as unknown as number[];
    return { size, mode, mtimeMs, ctimeMs, ino } as Stamp;
  }

  set(at: number, stamp: Stamp | undefined): void {
    if (at >= this.#modes.length) this.#grow(at);
    this.#modes[at] = stamp?.mode ?? noStamp;
    if (stamp === undefined) return;
    this.#numbers.set([stamp.size, stamp.mtimeMs, stamp.ctimeMs, stamp.ino], at * width);
  }

  #grow(at: number): void {
    const before = this.#modes.length;
    const room = Math.max(16, at + 1, Math.ceil(before * 1.5));
    this.#modes = grown(this.#modes, new Uint16Array(room)).fill(noStamp, before);
    this.#numbers = grown(this.#numbers, new Float64Array(room * width));
  }
}
