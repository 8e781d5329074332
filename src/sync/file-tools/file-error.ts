import { codeOf, hasCode } from './error-code.ts';
import { ToolError } from './tool-error.ts';

/**
 * Turns an error of the file system into a sentence for the model. A `ToolError` is returned unchanged.
 *
 * @param path The path as the model wrote it, because the message shows it.
 */
export function fileError(error: unknown, path: string): ToolError {
  if (error instanceof ToolError) return error;
  const code = codeOf(error);
  const shown = JSON.stringify(path);
  const sentence = sentences[code]?.(shown) ?? `${shown} cannot be used${code && `: ${code}`}.`;
  return new ToolError('FAILED', sentence, { cause: error });
}

/** Whether a file does not exist, or its path leads through a file as if that were a folder. */
export function isMissing(error: unknown): boolean {
  return hasCode(error, 'ENOENT', 'ENOTDIR');
}

const sentences: Record<string, (path: string) => string> = {
  ENOENT: (path) => `${path} does not exist.`,
  ENOTDIR: (path) => `${path} leads through a file as if it were a folder.`,
  EISDIR: (path) => `${path} is a folder.`,
  EACCES: (path) => `The agent has no permission to use ${path}.`,
  EPERM: (path) => `The agent has no permission to use ${path}.`,
  EROFS: (path) => `${path} is on a read-only file system.`,
  ENOSPC: (path) => `The disk is too full to write ${path}.`,
  ELOOP: (path) => `${path} leads through too many links.`,
  ENAMETOOLONG: (path) => `The name of ${path} is too long.`,
};
