import { type ReadonlySignal, signal } from '@preact/signals';
import {
  DeleteFileDocument,
  type FilePartsFragment,
  UploadFileDocument,
  WorkspaceFileDocument,
  type WorkspaceStateFragment,
} from '../../gql/console/graphql.ts';
import type { Ask } from '../gateway/ask.ts';
import { fetchFile } from '../gateway/fetch-file.ts';
import type { Identity } from '../gateway/identity.ts';
import { saveBlob } from '../gateway/save-blob.ts';
import { sendFile } from '../gateway/send-file.ts';
import { wordsOf } from '../gateway/words-of.ts';
import { createFileUploads, type FileUploads } from './file-uploads.ts';
import { createFolderTree, type FolderTree } from './folder-tree.ts';

export type Conflict = WorkspaceStateFragment['conflicts'][number];

/** A file that the user looks at. */
export interface ShownFile {
  readonly path: string;
  /** Undefined until it is loaded; null when there is no such file any more. */
  readonly file: (FilePartsFragment & { text?: string | null }) | null | undefined;
  readonly problem: string | undefined;
}

/** The files of a session while somebody looks at them. Dispose it to end all that it loads and sends. */
export interface SharedFiles extends Disposable {
  readonly tree: FolderTree;
  readonly uploads: FileUploads;
  /** Undefined while no file is shown. */
  readonly shown: ReadonlySignal<ShownFile | undefined>;
  show(path: string | undefined): void;
  /** Loads again what is shown. */
  refresh(): void;
  /** @throws GatewayError */
  delete(path: string): Promise<void>;
  /**
   * Saves a file to the disk of the user.
   *
   * @throws GatewayError
   */
  download(file: Pick<FilePartsFragment, 'path' | 'downloadUrl'>): Promise<void>;
  /**
   * Makes the version that was kept beside a file the version of the file, and deletes the kept one.
   *
   * @throws GatewayError
   */
  useKept(conflict: Conflict): Promise<void>;
}

export interface SharedFilesOptions {
  ask: Ask;
  identity: Identity;
  sessionId: string;
}

export function openSharedFiles({ ask, identity, sessionId }: SharedFilesOptions): SharedFiles {
  const closing = new AbortController();
  const { signal: stop } = closing;
  const tree = createFolderTree(ask, sessionId, stop);
  const shown = signal<ShownFile | undefined>();
  const find = async (path: string) => {
    const { session } = await ask(WorkspaceFileDocument, { sessionId, path });
    return session?.workspace?.file ?? null;
  };
  const load = async (path: string) => {
    let loaded: Pick<ShownFile, 'file' | 'problem'>;
    try {
      loaded = { file: await find(path), problem: undefined };
    } catch (error) {
      loaded = { file: undefined, problem: wordsOf(error) };
    }
    // The user may look at another one meanwhile.
    if (shown.value?.path === path) shown.value = { path, ...loaded };
  };
  const remove = async (path: string) => {
    await ask(DeleteFileDocument, { sessionId, path });
  };
  return {
    tree,
    uploads: createFileUploads(identity, sessionId, stop),
    shown,
    show(path) {
      shown.value = path === undefined ? undefined : { path, file: undefined, problem: undefined };
      if (path !== undefined) void load(path);
    },
    refresh() {
      tree.refresh();
      if (shown.value) void load(shown.value.path);
    },
    delete: remove,
    async download({ path, downloadUrl }) {
      const blob = await fetchFile(downloadUrl, identity, stop);
      // Nothing in the file can run as a page.
      saveBlob(new Blob([blob], { type: 'application/octet-stream' }), nameOf(path));
    },
    async useKept({ path, keptPath }) {
      const kept = await find(keptPath);
      if (kept === null) return;
      const file = new File([await fetchFile(kept.downloadUrl, identity, stop)], 'kept');
      const variables = { sessionId, path };
      await sendFile(UploadFileDocument, {
        ...{ headers: identity.headers(), variables, file, signal: stop },
        onProgress: () => undefined,
      });
      await remove(keptPath);
    },
    [Symbol.dispose]: () => closing.abort(),
  };
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
