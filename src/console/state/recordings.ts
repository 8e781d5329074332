import { signal } from '@preact/signals';
import { GatewayError } from '../../client/errors.ts';
import {
  DeleteRecordingDocument,
  type RecordingPartsFragment,
  UploadRecordingDocument,
} from '../../gql/console/graphql.ts';
import type { Ask } from '../gateway/ask.ts';
import { fetchAudio } from '../gateway/fetch-audio.ts';
import type { Identity } from '../gateway/identity.ts';
import { sendFile } from '../gateway/send-file.ts';

/** A recording on its way to the gateway, or one that did not get there. */
export interface RecordingUpload {
  readonly file: File;
  /** How much of the file has been sent, from 0 to 1. */
  readonly part: number;
  /** Why it has failed, and whether the same file may be accepted later; undefined while it goes on. */
  readonly failure: { readonly reason: string; readonly isPassing: boolean } | undefined;
}

/** The recordings of messages. Uploads go on when the page shows another session. */
export interface Recordings {
  /** Undefined for a message whose recording is not being uploaded. */
  uploadOf(messageId: string): RecordingUpload | undefined;
  /** Uploads a recording in place of the present one. Resolves when that is done, has failed or was given up. */
  upload(messageId: string, file: File): Promise<void>;
  /** Gives an upload up, or forgets a failed one. */
  discard(messageId: string): void;
  /** @throws GatewayError */
  delete(messageId: string): Promise<void>;
  /** @throws GatewayError; the reason of `signal` once that aborts. */
  load(recording: RecordingPartsFragment, signal: AbortSignal): Promise<Blob>;
  /** Gives all uploads up. */
  clear(): void;
}

export interface RecordingsOptions {
  ask: Ask;
  identity: Identity;
  /** Shows the recording that a message has now. */
  show(messageId: string, recording: RecordingPartsFragment | undefined): void;
}

interface Going extends RecordingUpload {
  readonly giveUp: AbortController;
}

export function createRecordings({ ask, identity, show }: RecordingsOptions): Recordings {
  const uploads = signal<ReadonlyMap<string, Going>>(new Map());
  const set = (messageId: string, upload: Going | undefined) => {
    const next = new Map(uploads.peek());
    if (upload === undefined) next.delete(messageId);
    else next.set(messageId, upload);
    uploads.value = next;
  };
  const discard = (messageId: string) => {
    uploads.peek().get(messageId)?.giveUp.abort();
    set(messageId, undefined);
  };
  const send = async (messageId: string, upload: Going) => {
    const { audio } = (
      await sendFile(UploadRecordingDocument, {
        headers: identity.headers(),
        variables: { messageId },
        file: upload.file,
        signal: upload.giveUp.signal,
        onProgress: (part) => set(messageId, { ...upload, part }),
      })
    ).uploadMessageAudio;
    set(messageId, undefined);
    show(messageId, audio ?? undefined);
  };
  return {
    uploadOf: (messageId) => uploads.value.get(messageId),
    async upload(messageId, file) {
      discard(messageId);
      const upload = { file, part: 0, failure: undefined, giveUp: new AbortController() };
      set(messageId, upload);
      try {
        await send(messageId, upload);
      } catch (error) {
        if (upload.giveUp.signal.aborted) return;
        if (!(error instanceof GatewayError)) throw error;
        if (error.isUnauthenticated) identity.refused(error.message);
        set(messageId, { ...upload, failure: failureOf(error) });
      }
    },
    discard,
    async delete(messageId) {
      const { audio } = (await ask(DeleteRecordingDocument, { messageId })).deleteMessageAudio;
      show(messageId, audio ?? undefined);
    },
    load: ({ url }, stop) => fetchAudio(url, identity, stop),
    clear() {
      for (const messageId of uploads.peek().keys()) discard(messageId);
    },
  };
}

function failureOf({ code, message, isPassing, isUnauthenticated }: GatewayError) {
  // The gateway names the limit of the whole request, in bytes.
  const reason = code === 'PAYLOAD_TOO_LARGE' ? 'The file is larger than this gateway accepts.' : message;
  return { reason, isPassing: isPassing || isUnauthenticated };
}
