import type { BlobStore, StagedBlob } from '../../blobs/blob-store.ts';
import { GatewayError } from '../../errors.ts';

/** A recording that is being uploaded. */
export interface Recording {
  /** The client's name for the file. It is only shown, never used as a path. */
  filename: string | null;
  /** Read once, as fast as the store accepts it. The caller closes it when it is not read to the end. */
  bytes: AsyncIterable<Uint8Array>;
}

export interface StagedRecording {
  staged: StagedBlob;
  /** The type that the bytes show. The client's own claim is ignored. */
  mimeType: string;
}

/** Bytes at the beginning of a file that `file-type` needs to recognize it. */
const sniffedBytes = 4_100;

/** From the types that `file-type` reports to the types that are stored. Containers for video can hold audio only. */
const audioTypes: Record<string, string> = {
  'audio/wav': 'audio/wav',
  'audio/mpeg': 'audio/mpeg',
  'audio/ogg': 'audio/ogg',
  'audio/ogg; codecs=opus': 'audio/ogg',
  'audio/opus': 'audio/ogg',
  'video/webm': 'audio/webm',
  'video/matroska': 'audio/webm',
  'audio/x-m4a': 'audio/mp4',
  'audio/mp4': 'audio/mp4',
  'video/mp4': 'audio/mp4',
  'audio/aac': 'audio/aac',
  'audio/flac': 'audio/flac',
  'audio/x-flac': 'audio/flac',
};

/**
 * Stages a recording. Its type is checked on its first bytes, and its size while it is read, so that a wrong file is
 * refused early.
 *
 * @throws GatewayError UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE; BlobStoreFullError.
 */
export async function stageRecording(
  blobs: BlobStore,
  { bytes }: Recording,
  maxBytes: number,
): Promise<StagedRecording> {
  let mimeType: string | undefined;
  async function* checked() {
    let size = 0;
    let head: Buffer | undefined = Buffer.alloc(0);
    for await (const chunk of bytes) {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      if (head !== undefined) {
        head = Buffer.concat([head, chunk]);
        if (head.length < sniffedBytes) continue;
        mimeType = await sniff(head);
        yield head;
        head = undefined;
      } else {
        yield chunk;
      }
    }
    if (head !== undefined) {
      mimeType = await sniff(head);
      yield head;
    }
  }
  const staged = await blobs.stage(checked());
  return { staged, mimeType: mimeType ?? '' };
}

async function sniff(head: Uint8Array): Promise<string> {
  const { fileTypeFromBuffer } = await import('file-type');
  const found = await fileTypeFromBuffer(head);
  const mimeType = found && audioTypes[found.mime];
  if (mimeType) return mimeType;
  const what = found ? `This file is ${found.mime}` : 'The type of this file is unknown';
  const message = `${what}; expected wav, mp3, ogg (opus), webm, m4a, aac or flac.`;
  throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', message, { field: 'file' });
}

function tooLarge(maxBytes: number): GatewayError {
  const message = `The recording is longer than ${maxBytes} bytes.`;
  return new GatewayError('PAYLOAD_TOO_LARGE', message, { field: 'file' });
}
