import { basename } from 'node:path';
import { ToolError } from '../errors/tool-error.ts';
import type { Workspace } from '../files/workspace.ts';
import type { PermissivePolicy, Policy, StrictPolicy } from './policy.ts';
import { parseSimpleCommand } from './simple-command.ts';

export interface CheckCommandOptions {
  policy: Policy;
  workspace: Workspace;
  /** Where the command would run. */
  cwd: string;
}

/**
 * The program and the arguments that a command stands for.
 *
 * @throws ToolError POLICY naming the rule that the command breaks.
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
  { workspace, cwd }: CheckCommandOptions,
): Promise<string[]> {
  const words = parseSimpleCommand(command);
  const matching = allow.filter((allowed) => allowed.every((word, index) => words[index] === word));
  if (matching.length === 0) {
    const known = allow.map((allowed) => allowed.join(' ')).join(', ');
    throw new ToolError(
      'POLICY',
      `The policy of this node is strict and does not allow ${JSON.stringify(command)}. Commands it allows, with any arguments: ${known || 'none'}.`,
    );
  }
  // What an entry spells out, its author meant.
  const spelledOut = Math.max(...matching.map(({ length }) => length));
  for (const path of words.slice(spelledOut).flatMap(possiblePaths)) await workspace.locate(path, cwd);
  return words;
}

/** What a program might take for a path: a word, or what stands in an option: `--file=/a`, `-f/a`. */
function possiblePaths(word: string): string[] {
  const value = word.includes('=') ? word.slice(word.indexOf('=') + 1) : undefined;
  if (!word.startsWith('-')) return value === undefined ? [word] : [word, value];
  if (value !== undefined) return [value];
  const start = word.search(/\/|\.\./);
  return start < 0 ? [] : [word.slice(start)];
}

function checkPermissively(command: string, { deny }: PermissivePolicy): string[] {
  const words = command.split(/[\s;|&()<>{}$`'"\\]+/).filter((word) => word !== '');
  const rule = deny.find((denied) => words.some((_, start) => standsAt(words, start, denied)));
  if (rule === undefined) return ['/bin/sh', '-c', command];
  throw new ToolError('POLICY', `The policy of this node denies commands with "${rule.join(' ')}" in them.`);
}

/** Whether words stand one after the other from a place on, the first one with or without a path. */
function standsAt(words: readonly string[], start: number, wanted: readonly string[]): boolean {
  return wanted.every((word, index) => {
    const found = words[start + index];
    return found === word || (index === 0 && found !== undefined && basename(found) === word);
  });
}
