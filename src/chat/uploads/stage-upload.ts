import type { BlobStore, StagedBlob } from '../../blobs/blob-store.ts';
import { GatewayError } from '../../errors.ts';

/** A file that is being uploaded. */
export interface UploadedFile {
  /** The client's name for the file. It is only shown, never used as a path. */
  filename: string | null;
  /** Read once, as fast as the store accepts it. The caller closes it when it is not read to the end. */
  bytes: AsyncIterable<Uint8Array>;
}

/** Looks at the bytes of one file while they arrive. What it throws refuses the file. */
export interface Inspection<Facts> {
  /** Gets all bytes in order, the first ones included. */
  push?(bytes: Uint8Array): void;
  /** Called after the last byte. */
  end(): Facts;
}

export interface StagedUpload<Facts> {
  staged: StagedBlob;
  /** What the inspection has found. */
  facts: Facts;
}

/** Bytes at the beginning of a file that `file-type` needs to recognize it. */
const sniffedBytes = 4_100;

export interface StageOptions<Facts> {
  blobs: BlobStore;
  /** The file in an error message: `recording`. */
  noun: string;
  maxBytes: number;
  /** Begins the inspection with the first 4,100 bytes, or with the whole file if it has fewer. */
  inspect(head: Uint8Array): Promise<Inspection<Facts>>;
}

/**
 * Stages a file. Its type is checked on its first bytes, and its size while it is read, so that a wrong file is refused
 * early.
 *
 * @throws GatewayError PAYLOAD_TOO_LARGE; what the inspection throws; BlobStoreFullError.
 */
export async function stageUpload<Facts>(
  bytes: AsyncIterable<Uint8Array>,
  { blobs, noun, maxBytes, inspect }: StageOptions<Facts>,
): Promise<StagedUpload<Facts>> {
  let facts: Facts | undefined;
  async function* checked() {
    let size = 0;
    let head = Buffer.alloc(0);
    let inspection: Inspection<Facts> | undefined;
    for await (const chunk of bytes) {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge(noun, maxBytes);
      let next: Uint8Array = chunk;
      if (inspection === undefined) {
        head = Buffer.concat([head, chunk]);
        if (head.length < sniffedBytes) continue;
        inspection = await inspect(head);
        next = head;
      }
      inspection.push?.(next);
      yield next;
    }
    if (inspection === undefined) {
      inspection = await inspect(head);
      inspection.push?.(head);
      yield head;
    }
    facts = inspection.end();
  }
  const staged = await blobs.stage(checked());
  return { staged, facts: facts as Facts };
}

function tooLarge(noun: string, maxBytes: number): GatewayError {
  const message = `The ${noun} is longer than ${maxBytes} bytes.`;
  return new GatewayError('PAYLOAD_TOO_LARGE', message, { field: 'file' });
}
