import { ToolError } from '../errors/tool-error.ts';

/** What to tell of an error that the file system gave for a path as the model wrote it. */
export function fileError(error: unknown, path: string): ToolError {
  if (error instanceof ToolError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const shown = JSON.stringify(path);
  const sentence = sentences[code]?.(shown) ?? `${shown} cannot be used${code && `: ${code}`}.`;
  return new ToolError('FAILED', sentence, { cause: error });
}

/** Whether a file is not there, or something on the way to it is no folder. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

const sentences: Record<string, (path: string) => string> = {
  ENOENT: (path) => `There is no ${path}.`,
  ENOTDIR: (path) => `${path} leads through a file as if it were a folder.`,
  EISDIR: (path) => `${path} is a folder.`,
  EACCES: (path) => `The agent may not use ${path}.`,
  EPERM: (path) => `The agent may not use ${path}.`,
  EROFS: (path) => `${path} is on a file system that cannot be written.`,
  ENOSPC: (path) => `There is no room left for ${path}.`,
  ENAMETOOLONG: (path) => `${path} has too long a name.`,
};
