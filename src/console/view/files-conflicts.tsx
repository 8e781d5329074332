import { ActionButton } from '../controls/action-button.tsx';
import { Alert } from '../controls/alert.tsx';
import type { Conflict, SharedFiles } from '../state/shared-files.ts';
import { FileName } from './file-name.tsx';
import { useAttempt } from './use-attempt.ts';

interface FilesConflictsProps {
  conflicts: readonly Conflict[];
  files: SharedFiles;
}

/** The conflicts that are shown at once. */
const shownConflicts = 20;

/** Files that were changed in two places, and what to do about each. */
export function FilesConflicts({ conflicts, files }: FilesConflictsProps) {
  if (conflicts.length === 0) return null;
  const more = conflicts.length - shownConflicts;
  return (
    <section class="files-conflicts" aria-label="Files in conflict">
      <h3>Changed in two places</h3>
      <ul>
        {conflicts.slice(0, shownConflicts).map((conflict) => (
          <ConflictView key={conflict.keptPath} conflict={conflict} files={files} />
        ))}
      </ul>
      {more > 0 && <p class="hint">And {more.toLocaleString()} more.</p>}
    </section>
  );
}

function ConflictView({ conflict, files }: { conflict: Conflict; files: SharedFiles }) {
  const { isBusy, problem, attempt } = useAttempt();
  const { path, keptPath, nodeId } = conflict;
  return (
    <li>
      <p>
        <button type="button" class="link" onClick={() => files.show(path)}>
          <FileName text={path} />
        </button>{' '}
        was changed in two places. The other version, from{' '}
        {nodeId == null ? 'the gateway' : <FileName text={nodeId} />}, is{' '}
        <button type="button" class="link" onClick={() => files.show(keptPath)}>
          <FileName text={keptPath} />
        </button>
      </p>
      <div class="actions">
        <ActionButton class="small" isBusy={isBusy} act={() => attempt(() => files.delete(keptPath))}>
          Delete the other version
        </ActionButton>
        <ActionButton class="small" isBusy={isBusy} act={() => attempt(() => files.useKept(conflict))}>
          Use the other version
        </ActionButton>
      </div>
      <Alert problem={problem} />
    </li>
  );
}
