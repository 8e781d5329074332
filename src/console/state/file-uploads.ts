import { type ReadonlySignal, signal } from '@preact/signals';
import { GatewayError } from '../../client/errors.ts';
import { UploadFileDocument } from '../../gql/console/graphql.ts';
import type { Identity } from '../gateway/identity.ts';
import { sendFile } from '../gateway/send-file.ts';

/** A file on its way into a workspace, or one that did not get there. */
export interface FileUpload {
  readonly path: string;
  readonly file: File;
  /** How much of it has been sent, from 0 to 1. */
  readonly part: number;
  /** Why it has failed; undefined while it goes on. */
  readonly failure: string | undefined;
  /** Whether there is a file at the path, which the user may replace. */
  readonly isTaken: boolean;
}

/** Uploads files into a workspace, one after the other. Each is forgotten when it has arrived. */
export interface FileUploads {
  readonly uploads: ReadonlySignal<readonly FileUpload[]>;
  /** @param folder The path of a folder; empty for the top. */
  add(folder: string, files: Iterable<File>): void;
  /** Uploads a file that has failed once more, in place of what is at its path. */
  replace(path: string): void;
  /** Gives an upload up, or forgets a failed one. */
  discard(path: string): void;
}

interface Going extends FileUpload {
  readonly giveUp: AbortController;
  readonly replaces: boolean;
}

/** @param stop Gives all uploads up when it aborts. */
export function createFileUploads(identity: Identity, sessionId: string, stop: AbortSignal): FileUploads {
  const uploads = signal<readonly Going[]>([]);
  let sending = Promise.resolve();
  const without = (path: string) => uploads.peek().filter((each) => each.path !== path);
  const put = (path: string, changed: Partial<FileUpload>) => {
    uploads.value = uploads.peek().map((each) => (each.path === path ? { ...each, ...changed } : each));
  };
  const send = async ({ path, file, giveUp, replaces }: Going) => {
    if (giveUp.signal.aborted || stop.aborted) return;
    try {
      await sendFile(UploadFileDocument, {
        headers: identity.headers(),
        // An empty text: there must be no file yet.
        variables: { sessionId, path, expectedSha256: replaces ? null : '' },
        file,
        signal: AbortSignal.any([giveUp.signal, stop]),
        onProgress: (part) => put(path, { part }),
      });
      uploads.value = without(path);
    } catch (error) {
      if (giveUp.signal.aborted || stop.aborted) return;
      if (!(error instanceof GatewayError)) throw error;
      if (error.isUnauthenticated) identity.refused(error.message);
      put(path, { failure: error.message, isTaken: error.code === 'CONFLICT' && !replaces });
    }
  };
  const start = (path: string, file: File, replaces: boolean) => {
    const state = { part: 0, failure: undefined, isTaken: false, giveUp: new AbortController() };
    const upload = { path, file, replaces, ...state };
    uploads.value = [...without(path), upload];
    sending = sending.then(() => send(upload));
  };
  const discard = (path: string) => {
    uploads
      .peek()
      .find((each) => each.path === path)
      ?.giveUp.abort();
    uploads.value = without(path);
  };
  return {
    uploads,
    add(folder, files) {
      for (const file of files) {
        const path = folder === '' ? file.name : `${folder}/${file.name}`;
        discard(path);
        start(path, file, false);
      }
    },
    replace(path) {
      const upload = uploads.peek().find((each) => each.path === path);
      if (upload) start(path, upload.file, true);
    },
    discard,
  };
}
