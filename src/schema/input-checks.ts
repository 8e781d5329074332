import { z } from 'zod';
import { wellFormedText } from '../base/well-formed-text.ts';
import { pathProblem } from '../sync/path.ts';

/** @param most The most UTF-16 code units. */
export function storedText(most: number) {
  return wellFormedText.max(most, `expected at most ${most.toLocaleString('en')} characters`);
}

/** The name of something: not blank, and without white space around it. */
export const nameText = storedText(200).trim().min(1, 'expected some text');

/** The path of a file or folder in a workspace. */
export const workspacePath = z.string().superRefine((path, context) => {
  const problem = pathProblem(path);
  if (problem !== undefined) context.addIssue(problem);
});

/** The id of a dispatch, or of a process of an agent. */
export const opaqueId = z
  .string()
  .regex(/^[\w-]{1,64}$/, 'expected an id of 1 to 64 letters, digits or dashes');

export const dispatchIds = z.array(opaqueId).max(1_000, 'expected at most 1000');
