import type { AttachmentPartsFragment } from '../../gql/console/graphql.ts';
import { createTabStorage } from './tab-storage.ts';

/** A file that goes with the next prompt, as the tab keeps it over a reload. */
export interface StoredFile {
  readonly name: string;
  /** Undefined if the upload was still going on: a reload ends it, because a page cannot keep the bytes. */
  readonly attachment?: AttachmentPartsFragment | undefined;
}

interface StoredFiles {
  /** Only this user's files are shown: another user may sign in after a reload. */
  readonly userId: string;
  readonly files: readonly StoredFile[];
}

const storage = createTabStorage('switchyard.files.');

/** The files of the next prompts, by session. The session storage keeps them over a reload of the tab. */
export const attachedStore = {
  read(sessionId: string, userId: string): readonly StoredFile[] {
    const stored = JSON.parse(storage.read(sessionId) ?? '{}') as Partial<StoredFiles>;
    return stored.userId === userId ? (stored.files ?? []) : [];
  },
  write(sessionId: string, userId: string, files: readonly StoredFile[]): void {
    const stored: StoredFiles = { userId, files };
    storage.write(sessionId, files.length === 0 ? '' : JSON.stringify(stored));
  },
  clear: storage.clear,
};
