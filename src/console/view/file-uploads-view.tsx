import { Alert } from '../controls/alert.tsx';
import { FilePicker } from '../controls/file-picker.tsx';
import type { FileUpload, FileUploads } from '../state/file-uploads.ts';
import { visibleText } from '../state/visible-text.ts';
import { FileName } from './file-name.tsx';

/** A button that uploads files of the user's choice into a folder; the empty path is the top. */
export function UploadButton({ uploads, folder }: { uploads: FileUploads; folder: string }) {
  return (
    <FilePicker
      class={folder === '' ? 'small' : 'quiet small'}
      label={folder === '' ? undefined : `Upload files into ${visibleText(folder)}`}
      isMultiple
      pick={(files) => uploads.add(folder, files)}
    >
      Upload files…
    </FilePicker>
  );
}

/** The files that are on their way, and those that did not get there. */
export function FileUploadsView({ uploads }: { uploads: FileUploads }) {
  if (uploads.uploads.value.length === 0) return null;
  return (
    <ul class="file-uploads" aria-label="Uploads">
      {uploads.uploads.value.map((upload) => (
        <li key={upload.path}>
          <Upload upload={upload} uploads={uploads} />
        </li>
      ))}
    </ul>
  );
}

function Upload({ upload, uploads }: { upload: FileUpload; uploads: FileUploads }) {
  const { path, part, failure, isTaken } = upload;
  const discard = () => uploads.discard(path);
  if (failure !== undefined) {
    return (
      <Alert problem={isTaken ? `There is a file ${visibleText(path)} already.` : failure}>
        <span class="actions">
          <button type="button" class="small" onClick={() => uploads.replace(path)}>
            {isTaken ? 'Replace it' : 'Try again'}
          </button>
          <button type="button" class="small" onClick={discard}>
            Dismiss
          </button>
        </span>
      </Alert>
    );
  }
  return (
    <>
      <span class="cut">
        <FileName text={path} />
      </span>
      <progress aria-label={`Upload of ${visibleText(path)}`} value={part} />
      <button type="button" class="small" onClick={discard}>
        Cancel
      </button>
    </>
  );
}
