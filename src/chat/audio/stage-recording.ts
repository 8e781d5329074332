import type { BlobStore } from '../../blobs/blob-store.ts';
import { GatewayError } from '../../errors.ts';
import { audioTypes } from '../uploads/audio-types.ts';
import { type StagedUpload, stageUpload, type UploadedFile } from '../uploads/stage-upload.ts';

/** The type that the bytes of a recording show. The client's own claim is ignored. */
interface RecordingFacts {
  mimeType: string;
}

export type StagedRecording = StagedUpload<RecordingFacts>;

/**
 * Stages a recording.
 *
 * @throws GatewayError UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE; BlobStoreFullError.
 */
export function stageRecording(
  blobs: BlobStore,
  { bytes }: UploadedFile,
  maxBytes: number,
): Promise<StagedRecording> {
  const inspect = async (head: Uint8Array) => {
    const mimeType = await sniff(head);
    return { end: () => ({ mimeType }) };
  };
  return stageUpload(bytes, { blobs, noun: 'recording', maxBytes, inspect });
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
