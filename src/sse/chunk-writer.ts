import type { ServerResponse } from 'node:http';

/** Texts of one turn that are longer than this are written at once, so that a full socket is noticed. */
const longestPending = 16_384;

/** Writes the chunks of a response whose headers were sent, in the order of the calls. */
export interface ChunkWriter {
  /** Writes a text in this turn of the event loop, together with the other texts of the turn. */
  write(text: string): void;
  /** Writes what waits, now. */
  flush(): void;
}

export interface ChunkWriterOptions {
  response: ServerResponse;
  /** Called when the socket takes no more. */
  onFull: () => void;
  /** Called when it has room again. */
  onRoom: () => void;
}

/**
 * Writes to the socket of the response: `response.write` would cork and uncork the socket for each text and write it as a
 * list, which takes longer than the write itself. A response that waits behind another one on its connection has no
 * socket yet, and keeps its texts itself.
 */
export function createChunkWriter({ response, onFull, onRoom }: ChunkWriterOptions): ChunkWriter {
  let pending = '';
  let isFull = false;
  const drained = () => {
    isFull = false;
    onRoom();
  };
  const flush = () => {
    if (pending === '') return;
    const text = pending;
    pending = '';
    const output = response.socket ?? response;
    if (output.destroyed || output.write(text) || isFull) return;
    isFull = true;
    onFull();
    output.once('drain', drained);
  };
  return {
    write(text) {
      if (pending === '') process.nextTick(flush);
      pending += text;
      if (pending.length >= longestPending) flush();
    },
    flush,
  };
}
