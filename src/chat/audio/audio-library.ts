import type { Readable } from 'node:stream';
import { createKeyedLock } from '../../base/lock.ts';
import { type BlobStore, BlobStoreFullError, type ByteRange } from '../../blobs/blob-store.ts';
import { sweepBlobs } from '../../blobs/sweep-blobs.ts';
import { GatewayError, messageNotFound } from '../../errors.ts';
import type { Message, MessageAudio } from '../../generated/prisma/client.ts';
import type { Quotas } from '../../limits/quotas.ts';
import type { Database } from '../../storage/database.ts';
import { isHidden, removedWith } from '../../storage/hidden-rows.ts';
import { lockSessions } from '../../storage/lock-sessions.ts';
import { addStoredBytes } from '../../storage/stored-bytes.ts';
import { measureDuration } from './measure-duration.ts';
import { type Recording, type StagedRecording, stageRecording } from './stage-recording.ts';

export interface AudioLibraryOptions {
  database: Database;
  blobs: BlobStore;
  quotas: Quotas;
  /** Longest recording taken, in bytes. */
  maxBytes: number;
}

/** A message with the user who stores it. */
type OwnedMessage = Message & { session: { userId: string } };

/** The recordings of messages: a row for each in the database, and its bytes as a blob. */
export class AudioLibrary {
  readonly #options: AudioLibraryOptions;
  /** Locks each blob, because a blob could be deleted while another upload is about to refer to it. */
  readonly #lock = createKeyedLock<string>();

  constructor(options: AudioLibraryOptions) {
    this.#options = options;
  }

  /**
   * Stores a message's recording. An earlier recording is replaced once the new one is completely stored.
   *
   * @throws GatewayError NOT_FOUND, UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, QUOTA_EXCEEDED, INSUFFICIENT_STORAGE,
   *   and the errors that reading `recording.bytes` throws.
   */
  async upload(messageId: number, recording: Recording): Promise<Message> {
    const { blobs, maxBytes } = this.#options;
    // Look the message up before reading the bytes, so that an unknown id costs no upload.
    const message = await this.#findMessage(messageId);
    try {
      const staged = await stageRecording(blobs, recording, maxBytes);
      await this.#store(message, staged, recording);
    } catch (error) {
      if (!(error instanceof BlobStoreFullError)) throw error;
      throw new GatewayError('INSUFFICIENT_STORAGE', 'There is no room left for this recording.');
    }
    return this.#findMessage(messageId);
  }

  /**
   * Deletes a message's recording, if it has one.
   *
   * @throws GatewayError NOT_FOUND.
   */
  async delete(messageId: number): Promise<Message> {
    const message = await this.#findMessage(messageId);
    const { sessionId } = message;
    const deleted = await this.#options.database.$transaction(async (tx) => {
      await lockSessions(tx, [sessionId]);
      await findMessage(tx, messageId);
      const audio = await tx.messageAudio.findUnique({ where: { messageId } });
      await tx.messageAudio.deleteMany({ where: { messageId } });
      if (audio) await addStoredBytes(tx, sessionId, -audio.size);
      return audio;
    });
    if (deleted) {
      this.#options.quotas.release(message.session.userId, { bytes: deleted.size });
      await this.release([deleted.sha256]);
    }
    return message;
  }

  /**
   * Opens the bytes of a recording, by the hash in its row.
   *
   * @throws BlobNotFoundError when no message has the recording any more.
   */
  open(sha256: string, range?: ByteRange): Promise<Readable> {
    return this.#options.blobs.open(sha256, range);
  }

  /** Deletes the given blobs, except those that a message still refers to. */
  async release(keys: string[]): Promise<void> {
    const { database, blobs } = this.#options;
    for (const sha256 of keys) {
      await this.#lock(sha256, async () => {
        if ((await database.messageAudio.count({ where: { sha256 } })) === 0) await blobs.delete(sha256);
      });
    }
  }

  /** Deletes what a crash left behind: see `sweepBlobs`. */
  async sweep(stagedBefore: Date): Promise<void> {
    const { database, blobs } = this.#options;
    const findUsed = async (keys: string[]) => {
      const where = { sha256: { in: keys } };
      const select = { sha256: true } as const;
      const used = await database.messageAudio.findMany({ where, select, distinct: ['sha256'] });
      return used.map(({ sha256 }) => sha256);
    };
    await sweepBlobs({ blobs, stagedBefore, findUsed, release: (keys) => this.release(keys) });
  }

  /** Makes a staged recording the recording of its message, if the user's quota allows it. */
  async #store(message: OwnedMessage, recording: StagedRecording, { filename }: Recording): Promise<void> {
    const { quotas } = this.#options;
    const { userId } = message.session;
    const { sha256, size } = recording.staged;
    using reserved = await quotas.reserve(userId, { bytes: size }).catch(async (error: unknown) => {
      await recording.staged.discard();
      throw error;
    });
    const replaced = await this.#lock(sha256, () => this.#replace(message, recording, filename));
    reserved.keep();
    if (replaced === undefined) return;
    quotas.release(userId, { bytes: replaced.size });
    if (replaced.sha256 !== sha256) await this.release([replaced.sha256]);
  }

  /** Returns the earlier recording of the message. */
  async #replace(
    { id: messageId, sessionId }: Message,
    { staged, mimeType }: StagedRecording,
    filename: string | null,
  ): Promise<MessageAudio | undefined> {
    const { database, blobs } = this.#options;
    const { sha256, size } = staged;
    await staged.commit();
    try {
      const durationSeconds = await measureDuration(blobs, { key: sha256, mimeType, size });
      const data = { sha256, size, mimeType, filename, durationSeconds, uploadedAt: new Date() };
      return await database.$transaction(async (tx) => {
        await lockSessions(tx, [sessionId]);
        // Look again, because the message may have been deleted during the upload.
        await findMessage(tx, messageId);
        const replaced = await tx.messageAudio.findUnique({ where: { messageId } });
        await tx.messageAudio.upsert({ where: { messageId }, create: { messageId, ...data }, update: data });
        await addStoredBytes(tx, sessionId, size - (replaced?.size ?? 0));
        return replaced ?? undefined;
      });
    } catch (error) {
      if ((await database.messageAudio.count({ where: { sha256 } })) === 0) await blobs.delete(sha256);
      throw error;
    }
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
