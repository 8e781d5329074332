import { GatewayError } from '../../errors.ts';
import { pathProblem } from '../../sync/path.ts';

/** How much a workspace may have. */
export interface WorkspaceLimits {
  maxFiles: number;
  maxFileBytes: number;
  maxBytes: number;
}

export function fileTooLarge(path: string, { maxFileBytes }: WorkspaceLimits): GatewayError {
  const message = `"${path}" is too large: a file of a workspace has at most ${maxFileBytes} bytes (MAX_WORKSPACE_FILE_BYTES).`;
  return new GatewayError('PAYLOAD_TOO_LARGE', message, { field: 'path', limit: 'MAX_WORKSPACE_FILE_BYTES' });
}

export function tooManyFiles({ maxFiles }: WorkspaceLimits): GatewayError {
  const message = `The workspace has as many files as it may have: ${maxFiles} (MAX_WORKSPACE_FILES). Delete some first.`;
  return new GatewayError('QUOTA_EXCEEDED', message, { limit: 'MAX_WORKSPACE_FILES' });
}

export function tooManyBytes({ maxBytes }: WorkspaceLimits): GatewayError {
  const message = `The workspace may have ${maxBytes} bytes (MAX_WORKSPACE_BYTES), and this file does not fit. Delete some files first.`;
  return new GatewayError('QUOTA_EXCEEDED', message, { limit: 'MAX_WORKSPACE_BYTES' });
}

export function workspaceNotFound(): GatewayError {
  return new GatewayError('NOT_FOUND', 'There is no such workspace.');
}

export function fileNotFound(path: string): GatewayError {
  return new GatewayError('NOT_FOUND', `There is no file "${path}".`, { field: 'path' });
}

/** @throws GatewayError BAD_USER_INPUT if the path cannot be in a workspace. */
export function checkPath(path: string): void {
  const problem = pathProblem(path);
  if (problem === undefined) return;
  throw new GatewayError('BAD_USER_INPUT', `path: ${problem}.`, { field: 'path' });
}

/** @param sha256 What the file has now. */
export function notExpected(path: string, sha256: string | undefined): GatewayError {
  const message =
    sha256 === undefined ? `There is no file "${path}" any more.` : `The file "${path}" has been changed.`;
  return new GatewayError('CONFLICT', message, { field: 'expectedSha256', sha256: sha256 ?? null });
}

export function pathTaken(path: string): GatewayError {
  const message = `"${path}" is a folder, or lies below a file.`;
  return new GatewayError('CONFLICT', message, { field: 'path' });
}
