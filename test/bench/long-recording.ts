import { createHash } from 'node:crypto';
import { wavHeader } from '../support/files/wav.ts';

/** Noise, as samples are to whoever looks for a boundary in them; the same in every process. */
const block = createHash('shake256', { outputLength: 262_144 }).update('noise').digest();

/** A WAV file of so many bytes; nothing of it is kept. */
export function* longRecording(size: number): Generator<Buffer> {
  const header = wavHeader(size);
  yield header;
  for (let left = size - header.length; left > 0; left -= block.length) {
    yield left < block.length ? block.subarray(0, left) : block;
  }
}

/** In hex. */
export function sha256Of(size: number): string {
  const hash = createHash('sha256');
  for (const chunk of longRecording(size)) hash.update(chunk);
  return hash.digest('hex');
}
