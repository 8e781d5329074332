import { GatewayError, refusal } from '../../errors.ts';

/** Refuses a multipart body that holds no GraphQL request. The connection closes, because the rest is not read. */
export function formRefusal(error: unknown, maxBodyBytes: number): GatewayError {
  const close = { connection: 'close' };
  if (error instanceof GatewayError) return refusal(error.code, error.message, close);
  const { message, status } = failureOf(error);
  if (status !== 413) return refusal('BAD_REQUEST', sentence(message), close);
  return /max file uploads/.test(message)
    ? refusal('BAD_USER_INPUT', 'Send one file, not several.', close)
    : refusal('PAYLOAD_TOO_LARGE', `The operation must not exceed ${maxBodyBytes} bytes.`, close);
}

/**
 * Turns the failure to read the file of a running operation into an error for the client. A fault of the gateway, like
 * an unreadable disk, stays as it is.
 */
export function fileError(error: unknown): unknown {
  const { message, status, code } = failureOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new GatewayError('INSUFFICIENT_STORAGE', 'There is no room left for this file.');
  if (code !== undefined) return error;
  if (status === 413)
    return new GatewayError('PAYLOAD_TOO_LARGE', 'The file is too large.', { field: 'file' });
  if (/missing/.test(message))
    return new GatewayError('BAD_USER_INPUT', 'The file is missing.', { field: 'file' });
  return new GatewayError('BAD_REQUEST', sentence(message));
}

interface Failure {
  message: string;
  /** Set by graphql-upload-ts; absent in errors of busboy, which parses the form. */
  status?: number;
  /** Set when a system call failed, for example `ENOSPC`. */
  code?: string;
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) throw error;
  return error;
}

function sentence(message: string): string {
  return `The form cannot be read: ${message.replace(/\.$/, '')}.`;
}
