import { type Actor, noteDeedsWithin } from '../../changes/audit.ts';
import { messageNotFound } from '../../errors.ts';
import type { Message, MessageAudio } from '../../generated/prisma/client.ts';
import type { Quotas } from '../../limits/quotas.ts';
import type { Database } from '../../storage/database.ts';
import { isHidden, removedWith } from '../../storage/hidden-rows.ts';
import { lockSessions } from '../../storage/lock-sessions.ts';
import { addStoredBytes } from '../../storage/stored-bytes.ts';
import { measureDuration } from '../uploads/measure-duration.ts';
import type { UploadedFile } from '../uploads/stage-upload.ts';
import { storeUpload } from '../uploads/store-upload.ts';
import type { UploadedBlobs } from '../uploads/uploaded-blobs.ts';
import { type StagedRecording, stageRecording } from './stage-recording.ts';

export interface AudioLibraryOptions {
  database: Database;
  blobs: UploadedBlobs;
  quotas: Quotas;
  /** Longest recording taken, in bytes. */
  maxBytes: number;
}

/** A message with the user who stores it. */
type OwnedMessage = Message & { session: { userId: string } };

/** The recordings of messages: a row for each in the database, and its bytes as a blob. */
export class AudioLibrary {
  readonly #options: AudioLibraryOptions;

  constructor(options: AudioLibraryOptions) {
    this.#options = options;
  }

  /**
   * Stores a message's recording. An earlier recording is replaced once the new one is completely stored.
   *
   * @throws GatewayError NOT_FOUND, UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, QUOTA_EXCEEDED, INSUFFICIENT_STORAGE,
   *   and the errors that reading `recording.bytes` throws.
   */
  async upload(messageId: number, recording: UploadedFile): Promise<Message> {
    const { blobs, quotas, maxBytes } = this.#options;
    // Look the message up before reading the bytes, so that an unknown id costs no upload.
    const message = await this.#findMessage(messageId);
    const { userId } = message.session;
    const { sha256, replaced } = await storeUpload(this.#options, {
      userId,
      stage: () => stageRecording(blobs.store, recording, maxBytes),
      store: async (upload) => ({
        sha256: upload.staged.sha256,
        replaced: await this.#replace(message, upload, recording.filename),
      }),
    });
    if (replaced !== undefined) {
      quotas.release(userId, { bytes: replaced.size });
      if (replaced.sha256 !== sha256) await blobs.release([replaced.sha256]);
    }
    return this.#findMessage(messageId);
  }

  /**
   * Deletes a message's recording, if it has one.
   *
   * @throws GatewayError NOT_FOUND.
   */
  async delete(messageId: number, actor?: Actor): Promise<Message> {
    const message = await this.#findMessage(messageId);
    const { sessionId } = message;
    const deleted = await this.#options.database.$transaction(async (tx) => {
      await lockSessions(tx, [sessionId]);
      await findMessage(tx, messageId);
      const audio = await tx.messageAudio.findUnique({ where: { messageId } });
      await tx.messageAudio.deleteMany({ where: { messageId } });
      if (audio) {
        await addStoredBytes(tx, sessionId, -audio.size);
        const deed = { action: 'AUDIO_DELETED', subject: `Message:${messageId}` } as const;
        await noteDeedsWithin(tx, actor, [{ ...deed, ownerId: message.session.userId }]);
      }
      return audio;
    });
    if (deleted) {
      this.#options.quotas.release(message.session.userId, { bytes: deleted.size });
      await this.#options.blobs.release([deleted.sha256]);
    }
    return message;
  }

  /** Returns the earlier recording of the message. */
  async #replace(
    { id: messageId, sessionId }: Message,
    { staged, facts: { mimeType } }: StagedRecording,
    filename: string | null,
  ): Promise<MessageAudio | undefined> {
    const { database, blobs } = this.#options;
    const { sha256, size } = staged;
    const durationSeconds = await measureDuration(blobs.store, { key: sha256, mimeType, size });
    const data = { sha256, size, mimeType, filename, durationSeconds, uploadedAt: new Date() };
    return database.$transaction(async (tx) => {
      await lockSessions(tx, [sessionId]);
      // Look again, because the message may have been deleted during the upload.
      await findMessage(tx, messageId);
      const replaced = await tx.messageAudio.findUnique({ where: { messageId } });
      await tx.messageAudio.upsert({ where: { messageId }, create: { messageId, ...data }, update: data });
      await addStoredBytes(tx, sessionId, size - (replaced?.size ?? 0));
      return replaced ?? undefined;
    });
  }

  #findMessage(id: number): Promise<OwnedMessage> {
    return this.#options.database.$transaction((tx) => findMessage(tx, id));
  }
}

/**
 * Call it in a transaction: Prisma reads the session with a second statement, and fails if it was deleted in between.
 *
 * @throws GatewayError NOT_FOUND.
 */
async function findMessage(tx: Pick<Database, 'message'>, id: number): Promise<OwnedMessage> {
  const message = await tx.message.findUnique({
    where: { id },
    include: { session: { select: { userId: true, clearedThroughId: true, removed: removedWith(id) } } },
  });
  if (message === null || isHidden(message)) throw messageNotFound(id);
  return message;
}
