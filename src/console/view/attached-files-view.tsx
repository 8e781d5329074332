import { FilePicker } from '../controls/file-picker.tsx';
import { Icon } from '../controls/icon.tsx';
import { VisibleText } from '../controls/visible-text.tsx';
import type { AttachedFile } from '../state/attached-files.ts';
import { visibleText } from '../state/visible-text.ts';
import { useApp } from './app-context.ts';
import { AttachmentChip } from './attachment-chip.tsx';

/** The files that go with the next prompt. */
export function AttachedFilesView({ sessionId, onRemove }: { sessionId: string; onRemove(): void }) {
  const { attachedFiles } = useApp();
  const { value: files } = attachedFiles.of(sessionId);
  if (files.length === 0) return null;
  return (
    <ul class="attachments" aria-label="Files for this prompt">
      {files.map((file) => (
        <li key={file.key}>
          {file.attachment ? <AttachmentChip attachment={file.attachment} /> : <Upload file={file} />}
          <button
            type="button"
            class="quiet icon-only remove"
            aria-label={`Remove ${visibleText(file.name)}`}
            title={`Remove ${visibleText(file.name)}`}
            onClick={() => {
              attachedFiles.remove(sessionId, file.key);
              onRemove();
            }}
          >
            <Icon name="close" />
          </button>
        </li>
      ))}
    </ul>
  );
}

function Upload({ file: { name, part, failure } }: { file: AttachedFile }) {
  return (
    <span class="attachment">
      <span class="attachment-name">
        <span class="cut">
          <VisibleText text={name} />
        </span>
        {failure === undefined ? (
          <progress aria-label={`Upload of ${visibleText(name)}`} value={part} />
        ) : (
          <span class="failure" role="alert">
            {failure}
          </span>
        )}
      </span>
    </span>
  );
}

/** What the gateway accepts. It looks at the bytes: the browser only offers these files first. */
const accepted =
  'image/png,image/jpeg,image/gif,image/webp,application/pdf,audio/*,text/*,.md,.csv,.json,.log,.yaml,.yml,.xml,.ts,.js,.py';

/** A button that attaches files of the user's choice to the next prompt. */
export function AttachButton({ isDisabled, attach }: { isDisabled: boolean; attach(files: File[]): void }) {
  return (
    <FilePicker
      class="quiet icon-only"
      label="Attach files"
      title="Attach images, PDFs, texts or recordings. You can also paste and drop them."
      isDisabled={isDisabled}
      isMultiple
      accept={accepted}
      pick={attach}
    >
      <Icon name="clip" />
    </FilePicker>
  );
}
