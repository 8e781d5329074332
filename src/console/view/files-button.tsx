import { useState } from 'preact/hooks';
import type { StoredSession } from '../state/session.ts';
import { FilesDialog } from './files-dialog.tsx';

/** Opens the files of a session. It says how many there are, and how many were changed in two places. */
export function FilesButton({ session }: { session: StoredSession }) {
  const [isOpen, setOpen] = useState(false);
  const workspace = session.state.value?.workspace;
  const conflicts = workspace?.conflicts.length ?? 0;
  return (
    <>
      <button type="button" class="quiet settings-button" onClick={() => setOpen(true)}>
        {workspace?.isShared ? `Files: ${workspace.fileCount.toLocaleString()}` : 'Files'}
        {conflicts > 0 && <span class="tag warning">{conflicts} in conflict</span>}
      </button>
      {isOpen && <FilesDialog session={session} onClose={() => setOpen(false)} />}
    </>
  );
}
