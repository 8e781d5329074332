import { type FileUpload, Upload } from 'graphql-upload-ts';
import { GatewayError } from '../errors.ts';
import { builder } from './builder.ts';

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

builder.scalarType('Upload', {
  description:
    'A file, sent by the GraphQL multipart request specification: https://github.com/jaydenseric/graphql-multipart-request-spec',
  parseValue: (value) => {
    if (value instanceof Upload) return value.promise;
    throw new GatewayError('BAD_USER_INPUT', 'A file can only be sent in a multipart request.');
  },
  parseLiteral: () => {
    throw new GatewayError('BAD_USER_INPUT', 'A file can only be sent as a variable.');
  },
  serialize: () => {
    throw new Error('An upload is input only.');
  },
});
