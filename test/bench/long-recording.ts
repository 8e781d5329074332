import { createHash } from 'node:crypto';
import { wavHeader } from '../support/files/wav.ts';

/** Noise, in which a search for the boundary of a form finds nothing. It is the same in every process. */
const block = createHash('shake256', { outputLength: 262_144 }).update('noise').digest();

/** A WAV file of this many bytes, made chunk by chunk and not kept in memory. */
export function* longRecording(size: number): Generator<Buffer> {
  const header = wavHeader(size);
  yield header;
  for (let left = size - header.length; left > 0; left -= block.length) {
    yield left < block.length ? block.subarray(0, left) : block;
  }
}

/** The SHA-256 of the recording of this size, in hex. */
export function sha256Of(size: number): string {
  const hash = createHash('sha256');
  for (const chunk of longRecording(size)) hash.update(chunk);
  return hash.digest('hex');
}
