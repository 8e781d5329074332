import { type FileUpload, Upload } from 'graphql-upload-ts';

/** A file that is being uploaded. */
export interface IncomingFile {
  /** The name that the client gave to the file; may be empty. */
  filename: string;
  /** The bytes, which can be read once. Its errors are shown to the client. */
  createReadStream(): AsyncIterable<Uint8Array>;
}

/** Makes the value for a variable of the type `Upload`. */
export function createUpload(file: Promise<IncomingFile>): Upload {
  const upload = new Upload();
  file.then(
    (found) => upload.resolve(found as unknown as FileUpload),
    (error) => upload.reject(error),
  );
  return upload;
}
