import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** A source of chunks that measures how many bytes of its chunks are still referenced. */
export function heldChunks({ chunkBytes, chunks: count }: { chunkBytes: number; chunks: number }) {
  const hash = createHash('sha256');
  let held = new Set<WeakRef<Uint8Array>>();
  let most = 0;
  async function* chunks(): AsyncIterable<Uint8Array> {
    for (let n = 0; n < count; n++) {
      if (n % 32 === 31) {
        // In a new turn of the event loop, no chunk is referenced only because it was just made.
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
