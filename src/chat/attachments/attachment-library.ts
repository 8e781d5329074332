import { buffer } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import { repeatFromStart } from '../../base/repeat.ts';
import { GatewayError, messageNotFound } from '../../errors.ts';
import type { Attachment, Session } from '../../generated/prisma/client.ts';
import type { Quotas } from '../../limits/quotas.ts';
import { findSession } from '../../storage/find-session.ts';
import { idList } from '../../storage/statements/dialect.ts';
import { visibleMessageById } from '../../storage/statements/exchanges.ts';
import { audioOfMessages } from '../../storage/statements/messages.ts';
import { sessionById } from '../../storage/statements/sessions.ts';
import type { Statements, Writer } from '../../storage/statements/statement.ts';
import {
  addSessionBytes,
  deleteUnsent,
  forgottenAttachments,
  insertAttachment,
  unsentOfSession,
  visibleAttachmentById,
} from '../../storage/statements/uploads.ts';
import { measureDuration } from '../uploads/measure-duration.ts';
import { type StagedUpload, stageUpload, type UploadedFile } from '../uploads/stage-upload.ts';
import { storeUpload } from '../uploads/store-upload.ts';
import type { UploadedBlobs } from '../uploads/uploaded-blobs.ts';
import { countTokens } from '../usage/estimate-tokens.ts';
import { estimateFileTokens } from './estimate-file-tokens.ts';
import { inputTypeOf } from './input-type.ts';
import { type FileFacts, type FileLimits, inspectFile } from './inspect-file.ts';

export interface AttachmentLibraryOptions {
  statements: Statements;
  blobs: UploadedBlobs;
  quotas: Quotas;
  limits: FileLimits & {
    /** Largest file, in bytes. */
    maxBytes: number;
    /** How long a file is kept that was sent with no prompt, in milliseconds. */
    unsentTtlMs: number;
  };
  log: Logger;
}

/** Files of one session that may wait to be sent. */
const mostUnsent = 100;
/** How often unsent files are looked for that are too old, in milliseconds. */
const sweepEveryMs = 3_600_000;
/** Such files that are deleted before others get a turn. */
const sweptAtOnce = 100;

type NewAttachment = Omit<Attachment, 'id' | 'sessionId' | 'messageId' | 'position' | 'sentAs'>;

/** The files that users upload for models: a row for each in the database, and its bytes as a blob. */
export class AttachmentLibrary {
  readonly #options: AttachmentLibraryOptions;

  constructor(options: AttachmentLibraryOptions) {
    this.#options = options;
  }

  /**
   * Stores a file that can then be sent with a prompt of the session.
   *
   * @throws GatewayError NOT_FOUND, BAD_USER_INPUT, UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE, QUOTA_EXCEEDED,
   *   INSUFFICIENT_STORAGE, and the errors that reading `file.bytes` throws.
   */
  async upload(sessionId: number, file: UploadedFile): Promise<Attachment> {
    const { statements, blobs, limits } = this.#options;
    // Look the session up before reading the bytes, so that an unknown id costs no upload.
    const session = await findSession(statements, sessionId);
    const inspect = (head: Uint8Array) => inspectFile(head, limits);
    const staging = { blobs: blobs.store, noun: 'file', maxBytes: limits.maxBytes, inspect };
    return storeUpload(this.#options, {
      userId: session.userId,
      stage: () => stageUpload(file.bytes, staging),
      store: (upload) => this.#store(session, upload, file.filename),
    });
  }

  /**
   * Makes an attachment of the recording of a message, for a later prompt of the same session. The bytes are shared.
   *
   * @throws GatewayError NOT_FOUND, BAD_USER_INPUT for a message without a recording, RATE_LIMITED, QUOTA_EXCEEDED.
   */
  async attachRecording(messageId: number): Promise<Attachment> {
    const { blobs } = this.#options;
    const { recording, session } = await this.#findRecording(messageId);
    return blobs.use(recording.sha256, async () => {
      // Look again: the recording may have been deleted before its blob was locked.
      await this.#findRecording(messageId);
      const { sha256, mimeType, size, filename, durationSeconds } = recording;
      const measures = { mimeType, size, durationSeconds, width: null, height: null, pageCount: null };
      const tokenCount = estimateFileTokens(measures);
      return this.#reserveAndInsert(session, {
        ...measures,
        sha256,
        filename,
        tokenCount,
        uploadedAt: new Date(),
      });
    });
  }

  /**
   * Deletes a file that was sent with no prompt.
   *
   * @throws GatewayError NOT_FOUND, CONFLICT for a file that was sent.
   */
  async delete(id: number): Promise<void> {
    const attachment = await this.#options.statements.get(visibleAttachmentById, [id]);
    if (attachment === undefined) throw attachmentNotFound(id);
    if (await this.#discard(attachment)) return;
    const message = 'The attachment was sent with a prompt, and is deleted with it.';
    throw new GatewayError('CONFLICT', message, { field: 'id' });
  }

  /** Deletes the files that were uploaded long ago and never sent. */
  async sweep(): Promise<void> {
    const { statements, limits } = this.#options;
    const before = new Date(Date.now() - limits.unsentTtlMs);
    for (;;) {
      const forgotten = await statements.all(forgottenAttachments, [before, sweptAtOnce]);
      for (const { id } of forgotten) {
        const attachment = await statements.get(visibleAttachmentById, [id]);
        if (attachment) await this.#discard(attachment);
      }
      if (forgotten.length < sweptAtOnce) return;
      await nextTurn();
    }
  }

  /** Sweeps now and each hour while the gateway runs. Disposing ends that. */
  sweepHourly(): AsyncDisposable {
    const { log } = this.#options;
    return repeatFromStart(sweepEveryMs, () =>
      this.sweep().catch((err) => log.warn({ err }, 'old attachments could not be swept')),
    );
  }

  async #store(
    session: Session,
    { staged: { sha256, size }, facts }: StagedUpload<FileFacts>,
    filename: string | null,
  ): Promise<Attachment> {
    const measures = await this.#measure(sha256, size, facts);
    return this.#insert(session, { ...measures, sha256, filename, uploadedAt: new Date() });
  }

  async #measure(sha256: string, size: number, facts: FileFacts) {
    const { store } = this.#options.blobs;
    const { mimeType } = facts;
    const type = inputTypeOf(mimeType);
    const durationSeconds =
      type === 'AUDIO' ? await measureDuration(store, { key: sha256, mimeType, size }) : null;
    const measures = { ...facts, size, durationSeconds };
    const tokenCount =
      type === 'TEXT'
        ? await countTokens((await buffer(await store.open(sha256))).toString())
        : estimateFileTokens(measures);
    return { ...measures, tokenCount };
  }

  async #reserveAndInsert(session: Session, attachment: NewAttachment): Promise<Attachment> {
    using reserved = await this.#options.quotas.reserve(session.userId, { bytes: attachment.size });
    const stored = await this.#insert(session, attachment);
    reserved.keep();
    return stored;
  }

  #insert({ id: sessionId }: Session, attachment: NewAttachment): Promise<Attachment> {
    const { sha256, mimeType, size, filename, width, height, pageCount } = attachment;
    const { durationSeconds, tokenCount, uploadedAt } = attachment;
    return this.#options.statements.transaction(async (tx) => {
      await tx.lockSession(sessionId);
      // Look again, because the session may have been deleted during the upload.
      await findSession(tx, sessionId);
      await refuseMany(tx, sessionId);
      await tx.get(addSessionBytes, [size, sessionId]);
      const facts = [filename, width, height, pageCount, durationSeconds, tokenCount, uploadedAt];
      const row = await tx.get(insertAttachment, [sessionId, sha256, mimeType, size, ...facts]);
      if (row === undefined) throw new Error('The statement that stores an attachment has returned no row.');
      return row;
    });
  }

  /** Returns false if the file was sent. */
  async #discard({ id, sessionId, size, sha256 }: Attachment): Promise<boolean> {
    const { statements, quotas, blobs } = this.#options;
    const owner = await statements.transaction(async (tx) => {
      await tx.lockSession(sessionId);
      const session = await tx.get(sessionById, [sessionId]);
      if ((await tx.run(deleteUnsent, [id])) === 0) return undefined;
      await tx.get(addSessionBytes, [-size, sessionId]);
      return session?.userId ?? null;
    });
    if (owner === undefined) return false;
    // The bytes of a deleted session have been released with it.
    if (owner !== null) quotas.release(owner, { bytes: size });
    await blobs.release([sha256]);
    return true;
  }

  async #findRecording(messageId: number) {
    const { statements } = this.#options;
    const message = await statements.get(visibleMessageById, [messageId]);
    if (message === undefined) throw messageNotFound(messageId);
    const recording = await statements.get(audioOfMessages, [idList([messageId])]);
    if (recording === undefined) {
      throw new GatewayError('BAD_USER_INPUT', 'messageId: expected a message with a recording.', {
        field: 'messageId',
      });
    }
    return { recording, session: await findSession(statements, message.sessionId) };
  }
}

async function refuseMany(tx: Writer, sessionId: number): Promise<void> {
  const unsent = await tx.get(unsentOfSession, [sessionId]);
  if ((unsent?.count ?? 0) < mostUnsent) return;
  const message = `${mostUnsent} attachments of this session wait to be sent; send or delete some first.`;
  throw new GatewayError('RATE_LIMITED', message);
}

export function attachmentNotFound(id: number): GatewayError {
  return new GatewayError('NOT_FOUND', `There is no attachment ${id}.`);
}
