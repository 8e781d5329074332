import { type FileUpload, Upload } from 'graphql-upload-ts';

/** A file on its way in. */
export interface IncomingFile {
  /** As the client calls it; may be empty. */
  filename: string;
  /** Its bytes, to be read once. What it throws is meant for the client. */
  createReadStream(): AsyncIterable<Uint8Array>;
}

/** The value that a variable of the type `Upload` has. */
export function createUpload(file: Promise<IncomingFile>): Upload {
  const upload = new Upload();
  file.then(
    (found) => upload.resolve(found as unknown as FileUpload),
    (error) => upload.reject(error),
  );
  return upload;
}
