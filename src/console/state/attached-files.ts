import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { GatewayError } from '../../client/errors.ts';
import { randomId } from '../../client/random-id.ts';
import {
  type AttachmentPartsFragment,
  AttachRecordingDocument,
  DeleteAttachmentDocument,
  UploadAttachmentDocument,
} from '../../gql/console/graphql.ts';
import type { Ask } from '../gateway/ask.ts';
import { fetchFile } from '../gateway/fetch-file.ts';
import type { Identity } from '../gateway/identity.ts';
import { sendFile } from '../gateway/send-file.ts';
import { attachedStore, type StoredFile } from './attached-store.ts';

/** A file that goes with the next prompt. */
export interface AttachedFile {
  readonly key: string;
  readonly name: string;
  /** How much of it has been sent, from 0 to 1. */
  readonly part: number;
  /** Why the gateway has not taken it. */
  readonly failure: string | undefined;
  /** Undefined until the gateway has taken it. */
  readonly attachment: AttachmentPartsFragment | undefined;
}

/**
 * The files that go with the next prompt of each session. Uploads go on when the page shows another session. A reload of
 * the tab keeps what has been uploaded, and says which uploads it has ended.
 */
export interface AttachedFiles {
  of(sessionId: string): ReadonlySignal<readonly AttachedFile[]>;
  /** Uploads files at once, so that they are there when the prompt is sent. */
  add(sessionId: string, files: Iterable<File>): void;
  /** Gives an upload up, or deletes a file that was not sent. */
  remove(sessionId: string, key: string): void;
  /** The files for the prompt that is sent now, or why it has to wait. */
  ready(sessionId: string): {
    readonly problem?: string;
    readonly attachments: readonly AttachmentPartsFragment[];
  };
  /** Forgets the files of a prompt that was taken over for sending. */
  sent(sessionId: string): void;
  /**
   * Adds the recording of a message.
   *
   * @throws GatewayError
   */
  addRecording(sessionId: string, messageId: string): Promise<void>;
  /** Takes files back from a prompt that was not sent. */
  putBack(sessionId: string, attachments: readonly AttachmentPartsFragment[]): void;
  /** @throws GatewayError; the reason of `stop` once that aborts. */
  load(attachment: AttachmentPartsFragment, stop: AbortSignal): Promise<Blob>;
  /** Gives all uploads up, and forgets all files. */
  clear(): void;
}

interface Going extends AttachedFile {
  readonly giveUp: AbortController;
}

/** @param userId The signed-in user. */
export function createAttachedFiles(ask: Ask, identity: Identity, userId: () => string): AttachedFiles {
  const bySession = new Map<string, Signal<readonly Going[]>>();
  const of = (sessionId: string) => {
    const known =
      bySession.get(sessionId) ??
      signal<readonly Going[]>(attachedStore.read(sessionId, userId()).map(toGoing));
    bySession.set(sessionId, known);
    return known;
  };
  const set = (sessionId: string, files: readonly Going[]) => {
    of(sessionId).value = files;
    attachedStore.write(
      sessionId,
      userId(),
      files.map(({ name, attachment }) => ({ name, attachment })),
    );
  };
  const change = (sessionId: string, key: string, changed: Partial<AttachedFile>) => {
    const next = of(sessionId)
      .peek()
      .map((each) => (each.key === key ? { ...each, ...changed } : each));
    // The progress of an upload is not kept.
    if (changed.part === undefined) set(sessionId, next);
    else of(sessionId).value = next;
  };
  const upload = async (sessionId: string, file: File, { key, giveUp }: Going) => {
    try {
      const { uploadAttachment } = await sendFile(UploadAttachmentDocument, {
        headers: identity.headers(),
        variables: { sessionId },
        file,
        signal: giveUp.signal,
        onProgress: (part) => change(sessionId, key, { part }),
      });
      change(sessionId, key, { attachment: uploadAttachment });
    } catch (error) {
      if (giveUp.signal.aborted) return;
      if (!(error instanceof GatewayError)) throw error;
      if (error.isUnauthenticated) identity.refused(error.message);
      change(sessionId, key, { failure: error.message });
    }
  };
  return {
    of,
    add(sessionId, files) {
      for (const file of files) {
        const state = { part: 0, failure: undefined, attachment: undefined, giveUp: new AbortController() };
        const going = { key: randomId(), name: file.name, ...state };
        set(sessionId, [...of(sessionId).peek(), going]);
        void upload(sessionId, file, going);
      }
    },
    remove(sessionId, key) {
      const files = of(sessionId).peek();
      const removed = files.find((each) => each.key === key);
      set(
        sessionId,
        files.filter((each) => each !== removed),
      );
      removed?.giveUp.abort();
      // The gateway deletes a file that was not sent after a day by itself.
      if (removed?.attachment)
        ask(DeleteAttachmentDocument, { id: removed.attachment.id }).catch(() => undefined);
    },
    ready(sessionId) {
      const files = of(sessionId).peek();
      const attachments = files.flatMap(({ attachment }) => attachment ?? []);
      if (files.some(({ failure }) => failure !== undefined)) {
        return { problem: 'Some files could not be uploaded. Remove them first.', attachments };
      }
      return attachments.length < files.length
        ? { problem: 'Some files are still being uploaded.', attachments }
        : { attachments };
    },
    sent(sessionId) {
      set(sessionId, []);
    },
    async addRecording(sessionId, messageId) {
      const { attachMessageAudio } = await ask(AttachRecordingDocument, { messageId });
      if (attachMessageAudio) set(sessionId, [...of(sessionId).peek(), sentBack(attachMessageAudio)]);
    },
    putBack(sessionId, attachments) {
      set(sessionId, [...attachments.map(sentBack), ...of(sessionId).peek()]);
    },
    load: ({ url }, stop) => fetchFile(url, identity, stop),
    clear() {
      for (const files of bySession.values()) for (const { giveUp } of files.peek()) giveUp.abort();
      bySession.clear();
      attachedStore.clear();
    },
  };
}

/** A file that the gateway has. */
function sentBack(attachment: AttachmentPartsFragment): Going {
  return toGoing({ name: attachment.filename ?? 'File', attachment });
}

function toGoing({ name, attachment }: StoredFile): Going {
  const failure =
    attachment === undefined
      ? 'The page was loaded again before this was uploaded. Attach it again.'
      : undefined;
  return {
    ...{ key: attachment?.id ?? randomId(), name, part: 1, failure, attachment },
    giveUp: new AbortController(),
  };
}
