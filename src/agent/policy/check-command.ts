import { basename } from 'node:path';
import { ToolError } from '../../sync/file-tools/tool-error.ts';
import type { Workspace } from '../files/workspace.ts';
import { checkNoLinksFollowed } from './followed-links.ts';
import type { PermissivePolicy, Policy, StrictPolicy } from './policy.ts';
import { possiblePaths } from './possible-paths.ts';
import { parseSimpleCommand } from './simple-command.ts';

export interface CheckCommandOptions {
  policy: Policy;
  workspace: Workspace;
  /** The folder in which the command would run, a real path. */
  cwd: string;
  /** Aborts to end the check: then its reason is thrown. */
  stop: AbortSignal;
}

/**
 * Checks a command against the policy, and returns the program to start and its arguments.
 *
 * @throws ToolError POLICY that names the rule which the command breaks.
 */
export async function checkCommand(command: string, options: CheckCommandOptions): Promise<string[]> {
  if (command.trim() === '') throw new ToolError('BAD_ARGUMENTS', 'command: expected a command.');
  const { policy } = options;
  return policy.mode === 'strict'
    ? await checkStrictly(command, policy, options)
    : checkPermissively(command, policy);
}

async function checkStrictly(
  command: string,
  { allow }: StrictPolicy,
  { workspace, cwd, stop }: CheckCommandOptions,
): Promise<string[]> {
  const words = parseSimpleCommand(command);
  const matching = allow.filter((allowed) => allowed.every((word, index) => words[index] === word));
  if (matching.length === 0) {
    const known = allow.map((allowed) => allowed.join(' ')).join(', ');
    throw new ToolError(
      'POLICY',
      `The policy of this node is strict and does not allow ${JSON.stringify(command)}. It allows these commands, with any arguments: ${known || '(no commands)'}.`,
    );
  }
  // The author of the policy wrote the words of the entry, so a path among them may lead out of the workspace.
  const ownWords = Math.max(...matching.map(({ length }) => length));
  const given = words.slice(ownWords);
  checkNoLinksFollowed(words[0] ?? '', given);
  for await (const path of possiblePaths(given, cwd, stop)) {
    stop.throwIfAborted();
    await workspace.locate(path, cwd);
  }
  return words;
}

function checkPermissively(command: string, { deny }: PermissivePolicy): string[] {
  const words = command.split(/[\s;|&()<>{}$`'"\\]+/).filter((word) => word !== '');
  const rule = deny.find((denied) => words.some((_, start) => matchesAt(words, start, denied)));
  if (rule === undefined) return ['/bin/sh', '-c', command];
  throw new ToolError('POLICY', `The policy of this node denies commands with "${rule.join(' ')}" in them.`);
}

/** Whether `wanted` occurs in `words` at index `start`; the first word may be written with a path: `/bin/rm`. */
function matchesAt(words: readonly string[], start: number, wanted: readonly string[]): boolean {
  return wanted.every((word, index) => {
    const found = words[start + index];
    return found === word || (index === 0 && found !== undefined && basename(found) === word);
  });
}
