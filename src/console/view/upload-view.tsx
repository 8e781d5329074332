import { Alert } from '../controls/alert.tsx';
import { VisibleText } from '../controls/visible-text.tsx';
import type { RecordingUpload } from '../state/recordings.ts';
import { visibleText } from '../state/visible-text.ts';
import { useApp } from './app-context.ts';
import { RecordingPicker } from './recording-picker.tsx';

interface UploadViewProps {
  messageId: string;
  upload: RecordingUpload;
}

/** A recording that is being uploaded, or why that has failed. */
export function UploadView({ messageId, upload }: UploadViewProps) {
  const { recordings } = useApp();
  const { file, part, failure } = upload;
  const discard = () => recordings.discard(messageId);
  if (failure !== undefined) return <Failure messageId={messageId} upload={upload} discard={discard} />;
  return (
    <div class="recording">
      <progress aria-label={`Upload of ${visibleText(file.name)}`} value={part} />
      <span class="recording-name">
        <span class="cut">
          <VisibleText text={file.name} />
        </span>
        <span class="hint" role="status">
          {part < 1 ? 'Uploading…' : 'Checking…'}
        </span>
      </span>
      <button type="button" class="small" data-focus-home onClick={discard}>
        Cancel
      </button>
    </div>
  );
}

function Failure({ messageId, upload, discard }: UploadViewProps & { discard(): void }) {
  const { recordings } = useApp();
  const { file, failure } = upload;
  return (
    <Alert problem={`The recording was not uploaded. ${failure?.reason}`}>
      <span class="actions">
        {failure?.isPassing ? (
          <button
            type="button"
            class="small"
            data-focus-home
            onClick={() => recordings.upload(messageId, file)}
          >
            Try again
          </button>
        ) : (
          <RecordingPicker class="small" isFocusHome messageId={messageId}>
            Choose another file
          </RecordingPicker>
        )}
        <button type="button" class="small" onClick={discard}>
          Dismiss
        </button>
      </span>
    </Alert>
  );
}
