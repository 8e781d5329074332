import { GatewayError, refusal } from '../../errors.ts';

/** The refusal of a multipart body that holds no GraphQL request. It closes the connection: the rest is not read. */
export function formRefusal(error: unknown, maxBodyBytes: number): GatewayError {
  const close = { connection: 'close' };
  if (error instanceof GatewayError) return refusal(error.code, error.message, close);
  const { message, status } = failureOf(error);
  if (status !== 413) return refusal('BAD_REQUEST', sentence(message), close);
  return /max file uploads/.test(message)
    ? refusal('BAD_USER_INPUT', 'One file can be sent, not several.', close)
    : refusal('PAYLOAD_TOO_LARGE', `The operation must not exceed ${maxBodyBytes} bytes.`, close);
}

/**
 * Why the file of an operation that has begun cannot be read, as an error for the client. A fault of the gateway, like
 * an unreadable disk, is returned as it is.
 */
export function fileError(error: unknown): unknown {
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
  /** Set by graphql-upload-ts; absent in errors of busboy, which parses the form. */
  status?: number;
  /** Set where a system call failed: `ENOSPC`. */
  code?: string;
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) throw error;
  return error;
}

function sentence(message: string): string {
  return `The form cannot be read: ${message.replace(/\.$/, '')}.`;
}
