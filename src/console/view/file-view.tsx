import { useState } from 'preact/hooks';
import { cutText } from '../../base/cut-text.ts';
import type { FilePartsFragment } from '../../gql/console/graphql.ts';
import { ActionButton } from '../controls/action-button.tsx';
import { Alert } from '../controls/alert.tsx';
import { nameOf, type SharedFiles, type ShownFile } from '../state/shared-files.ts';
import { useApp } from './app-context.ts';
import { byteText } from './byte-text.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { FileName } from './file-name.tsx';
import { useAttempt } from './use-attempt.ts';

/** More text than this would hold the page up. In UTF-16 code units. */
const longestText = 200_000;
const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** The file that the user has chosen in the tree. */
export function FileView({ files }: { files: SharedFiles }) {
  const shown = files.shown.value;
  return (
    <section class="file-view" aria-label="File">
      {shown ? (
        <Shown key={shown.path} files={files} shown={shown} />
      ) : (
        <p class="hint">Choose a file to see it.</p>
      )}
    </section>
  );
}

function Shown({ files, shown: { path, file, problem } }: { files: SharedFiles; shown: ShownFile }) {
  return (
    <>
      <header>
        <button type="button" class="quiet small back" data-focus-home onClick={() => files.show(undefined)}>
          ← All files
        </button>
        <h3>
          <FileName text={path} />
        </h3>
        {file && <p class="hint">{factsOf(file)}</p>}
        {file && <FileActions files={files} file={file} />}
      </header>
      <Alert problem={problem} />
      {file === null && <p class="hint">This file does not exist any more.</p>}
      {file === undefined && problem === undefined && <p class="hint">Loading…</p>}
      {file && <FileText text={file.text ?? undefined} linkTarget={file.linkTarget ?? undefined} />}
    </>
  );
}

function factsOf({ size, mode, modifiedAt, linkTarget }: FilePartsFragment): string {
  const kind = linkTarget == null ? byteText(size) : 'Symbolic link';
  const isProgram = linkTarget == null && (mode & 0o111) !== 0;
  return [kind, isProgram && 'can be run', `changed ${time.format(new Date(modifiedAt))}`]
    .filter(Boolean)
    .join(' · ');
}

function FileText({ text, linkTarget }: { text: string | undefined; linkTarget: string | undefined }) {
  if (linkTarget !== undefined) {
    return (
      <p>
        Leads to <FileName text={linkTarget} />
      </p>
    );
  }
  if (text === undefined) return <p class="hint">This file is no text, or too long to show. Download it.</p>;
  if (text === '') return <p class="hint">This file is empty.</p>;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: keyboard users can scroll only an element that takes the focus */}
      <pre dir="ltr" tabIndex={0}>
        {cutText(text, longestText)}
      </pre>
      {text.length > longestText && (
        <p class="hint">This is the beginning. Download the file to see the rest.</p>
      )}
    </>
  );
}

function FileActions({ files, file }: { files: SharedFiles; file: FilePartsFragment }) {
  const { identity } = useApp();
  const { isBusy, problem, attempt } = useAttempt();
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <div class="actions">
        {identity.hasToken.value ? (
          <ActionButton class="small" isBusy={isBusy} act={() => attempt(() => files.download(file))}>
            Download
          </ActionButton>
        ) : (
          <a class="button small" href={file.downloadUrl} download={nameOf(file.path)}>
            Download
          </a>
        )}
        <button type="button" class="small" onClick={() => setAsking(true)}>
          Delete…
        </button>
      </div>
      <Alert problem={problem} />
      {isAsking && (
        <ConfirmDialog
          title="Delete this file?"
          action="Delete"
          act={() => files.delete(file.path)}
          onClose={() => setAsking(false)}
        >
          <FileName text={file.path} /> will be deleted on the gateway and on all nodes.
        </ConfirmDialog>
      )}
    </>
  );
}
