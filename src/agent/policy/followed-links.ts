import { basename } from 'node:path';
import { ToolError } from '../../sync/file-tools/tool-error.ts';

interface FollowingOptions {
  /** A cluster of short options that contains one which follows links: `-nR`. */
  short: RegExp;
  /** The long option that follows links, without `--`. A program accepts its beginnings too. */
  long: string;
}

/**
 * The options with which a command of the default policy reads other paths than those that were checked: it follows
 * the links in a folder that it reads, or (`realpath`) goes up from a link instead of from its target. The value of
 * grep's `-e` and `-f` is no cluster of options: `-eREADME`. BSD's grep follows links with `-S`.
 */
const followingOptions: Record<string, FollowingOptions> = {
  grep: { short: /^-[^ef]*[RS]/, long: 'dereference-recursive' },
  ls: { short: /^-.*L/s, long: 'dereference' },
  realpath: { short: /^-.*L/s, long: 'logical' },
};

/**
 * Refuses an option with which `ls`, `grep` or `realpath` treats links in another way than the check of its paths:
 * nobody could check where those lead.
 *
 * @param given The words of the command that the author of the policy did not write.
 * @throws ToolError POLICY that names the option.
 */
export function checkNoLinksFollowed(program: string, given: readonly string[]): void {
  const name = basename(program);
  const options = Object.hasOwn(followingOptions, name) ? followingOptions[name] : undefined;
  if (options === undefined) return;
  // Words after `--` count too, because in `grep -e -- -R` that is only the value of an option.
  const refused = given.find((word) => isFollowing(word, options));
  if (refused === undefined) return;
  throw new ToolError(
    'POLICY',
    `The policy of this node is strict and does not allow ${name} with ${refused}, which follows links out of the workspace.`,
  );
}

function isFollowing(word: string, { short, long }: FollowingOptions): boolean {
  if (!word.startsWith('--')) return short.test(word);
  const name = word.slice(2);
  return name !== '' && long.startsWith(name);
}
