import { useEffect, useMemo } from 'preact/hooks';
import { Icon } from '../controls/icon.tsx';
import type { StoredSession } from '../state/session.ts';
import { openSharedFiles } from '../state/shared-files.ts';
import { useApp } from './app-context.ts';
import { FileUploadsView, UploadButton } from './file-uploads-view.tsx';
import { FileView } from './file-view.tsx';
import { FilesConflicts } from './files-conflicts.tsx';
import { FilesSource } from './files-source.tsx';
import { FilesState } from './files-state.tsx';
import { FilesTree } from './files-tree.tsx';
import { useModal } from './use-modal.ts';

interface FilesDialogProps {
  session: StoredSession;
  onClose(): void;
}

/** A dialog with the files that a session shares with its nodes, or the question whether it should share files. */
export function FilesDialog({ session, onClose }: FilesDialogProps) {
  const { dialog, close } = useModal();
  const isShared = session.state.value?.workspace?.isShared ?? false;
  return (
    <dialog ref={dialog} class="files" onClose={onClose} aria-labelledby="files-title">
      <header>
        <h2 id="files-title">Files of this session</h2>
        <button type="button" class="quiet icon-only" aria-label="Close" data-focus-home onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      {isShared ? <Files session={session} /> : <FilesSource session={session} />}
    </dialog>
  );
}

function Files({ session }: { session: StoredSession }) {
  const { ask, identity } = useApp();
  const { sessionId } = session;
  const files = useMemo(() => openSharedFiles({ ask, identity, sessionId }), [sessionId]);
  useEffect(() => () => files[Symbol.dispose](), [files]);
  const workspace = session.state.value?.workspace;
  // Each change of the files comes as an event, with the workspace as it is then.
  useEffect(files.refresh, [files, workspace]);
  if (!workspace) return null;
  const isShowing = files.shown.value !== undefined;
  return (
    <>
      <FilesState workspace={workspace} nodes={session.state.value?.nodes ?? []} />
      <FilesConflicts conflicts={workspace.conflicts} files={files} />
      <div class={`files-body ${isShowing ? 'showing' : ''}`}>
        <section class="files-tree" aria-label="Files and folders">
          <UploadButton uploads={files.uploads} folder="" />
          <FileUploadsView uploads={files.uploads} />
          <FilesTree files={files} />
        </section>
        <FileView files={files} />
      </div>
    </>
  );
}
