import { z } from 'zod';
import { ToolError } from './tool-error.ts';

export const readFileArguments = z.object({
  path: z.string(),
  /** The first line of a file is 1. */
  start_line: z.int().min(1).default(1),
  max_lines: z.int().min(1).default(Number.MAX_SAFE_INTEGER),
});

export const listFilesArguments = z.object({
  path: z.string().default('.'),
  /** How many levels of folders to list; 1 is the folder itself. */
  depth: z.int().min(1).default(2),
});

export const searchFilesArguments = z.object({
  /** A JavaScript regular expression, matched against one line at a time. */
  pattern: z.string().min(1),
  path: z.string().default('.'),
  glob: z.string().min(1).optional(),
  max_results: z.int().min(1).max(1_000).default(100),
});

/** @throws ToolError BAD_ARGUMENTS for a text that is no regular expression. */
export function toPattern(source: string): RegExp {
  try {
    return new RegExp(source);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ToolError('BAD_ARGUMENTS', `pattern: expected a regular expression. ${reason}.`, {
      cause: error,
    });
  }
}
