import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** A source that knows how much of what it gave is still in someone's hands. */
export function heldChunks({ chunkBytes, chunks: count }: { chunkBytes: number; chunks: number }) {
  const hash = createHash('sha256');
  let held = new Set<WeakRef<Uint8Array>>();
  let most = 0;
  async function* chunks(): AsyncIterable<Uint8Array> {
    for (let n = 0; n < count; n++) {
      if (n % 32 === 31) {
        // A turn of its own, in which nobody holds a chunk only because it has just been made.
        await setImmediate();
        collectGarbage();
        held = new Set([...held].filter((chunk) => chunk.deref() !== undefined));
        most = Math.max(most, held.size * chunkBytes);
      }
      yield make(n);
    }
  }
  function make(n: number): Uint8Array {
    const chunk = Buffer.alloc(chunkBytes, n);
    hash.update(chunk);
    held.add(new WeakRef(chunk));
    return chunk;
  }
  return { chunks, mostHeld: () => most, sha256: () => hash.copy().digest('hex') };
}
