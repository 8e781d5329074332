import { GatewayError } from '../../errors.ts';
import { RequestError } from '../request/request-error.ts';

/** What keeps a multipart body from being a GraphQL request at all. */
export function requestErrorOf(error: unknown, maxBodyBytes: number): RequestError {
  const close = { connection: 'close' };
  if (error instanceof RequestError) return new RequestError(error.code, error.message, close);
  const { message, status } = failureOf(error);
  if (status !== 413) return new RequestError('BAD_REQUEST', sentence(message), close);
  return /max file uploads/.test(message)
    ? new RequestError('BAD_USER_INPUT', 'One file can be sent, not several.', close)
    : new RequestError('PAYLOAD_TOO_LARGE', `The operation must not exceed ${maxBodyBytes} bytes.`, close);
}

/** What keeps the file of a request that has begun from coming in; whatever the client cannot help, as it is. */
export function gatewayErrorOf(error: unknown): unknown {
  const { message, status, code } = failureOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new GatewayError('INSUFFICIENT_STORAGE', 'There is no room left for this recording.');
  if (code !== undefined) return error;
  if (status === 413)
    return new GatewayError('PAYLOAD_TOO_LARGE', 'The file is too large.', { field: 'file' });
  if (/missing/.test(message))
    return new GatewayError('BAD_USER_INPUT', 'The file is missing.', { field: 'file' });
  return new GatewayError('BAD_REQUEST', sentence(message));
}

interface Failure {
  message: string;
  /** Of what graphql-upload-ts complains about; absent where the parser of the form does. */
  status?: number;
  /** Of a system call. */
  code?: string;
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) throw error;
  return error;
}

function sentence(message: string): string {
  return `The form cannot be read: ${message.replace(/\.$/, '')}.`;
}
