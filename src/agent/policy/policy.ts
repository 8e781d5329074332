import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { AgentError } from '../errors/agent-error.ts';

/**
 * The commands that a strict policy allows by default. They only read, and they read only the files that their
 * arguments name, with any options. These commands are left out for that reason:
 *
 * - `find` (-exec, -delete), `sort` and `tree` (-o), `uniq` (its second operand), `sed`, `awk`, `less`, `env`,
 *   `xargs`, `rg` (--pre) and `date` (-s) write files, run programs or change the system.
 * - `git` runs programs that its configuration names, and reads its configuration from folders in which a tool may
 *   have written it.
 * - `diff` follows links (-r).
 * - `du` and `wc` (--files0-from), `md5sum` and `sha256sum` (-c) read paths from a file, which a tool may have
 *   written.
 */
const defaultAllow = [
  ...['basename', 'cat', 'cmp', 'comm', 'cut', 'df', 'dirname', 'echo', 'false', 'free', 'grep'],
  ...['head', 'id', 'ls', 'nl', 'nproc', 'od', 'printf', 'pwd', 'readlink', 'realpath', 'seq', 'stat'],
  ...['tac', 'tail', 'true', 'uname', 'uptime', 'which', 'whoami'],
];

/** The commands that a permissive policy refuses by default. A deny-list stops accidents, not intent. */
const defaultDeny = [
  ...['sudo', 'doas', 'su', 'shutdown', 'reboot', 'poweroff', 'halt', 'mkfs', 'rm -rf /', 'rm -fr /'],
];

/** The variables that commands get by default: folders and settings for output, and no secrets. */
const defaultEnvironment = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'TERM'];

const words = z
  .string('must be a command: one or more words')
  .trim()
  .regex(/^[^\s]+( [^\s]+)*$/, 'must be words with one space between them')
  .transform((text) => text.split(' '));

const shared = {
  /** The names of the agent's environment variables that commands get too. */
  environment: z
    .array(z.string().regex(/^[A-Za-z_]\w*$/, 'must be the name of an environment variable'))
    .default(defaultEnvironment),
  /** The time limit of a tool call. The gateway can shorten it, but not extend it. */
  timeoutMs: z.int().min(1).max(86_400_000).default(600_000),
  /** The limit of a result in bytes of UTF-8. The gateway can lower it, but not raise it. */
  maxOutputBytes: z.int().min(1_024).max(1_048_576).default(1_048_576),
  /** Whether `write_file` and `edit_file` are offered. */
  writable: z.boolean().default(true),
};

const strict = z.strictObject({
  mode: z.literal('strict'),
  /** A command may run if it begins with the words of one entry. */
  allow: z.array(words).default(defaultAllow.map((command) => command.split(' '))),
  ...shared,
});

const permissive = z.strictObject({
  mode: z.literal('permissive'),
  /** A command must not contain the words of an entry one after the other. */
  deny: z.array(words).default(defaultDeny.map((command) => command.split(' '))),
  ...shared,
});

const schema = z.discriminatedUnion('mode', [strict, permissive]);

/** What the owner of a machine lets the gateway do on it. */
export type Policy = z.output<typeof schema>;
export type StrictPolicy = z.output<typeof strict>;
export type PermissivePolicy = z.output<typeof permissive>;

/**
 * Reads a policy from a YAML file. Keys that are missing get their defaults; the default of `mode` is `strict`.
 *
 * @param file Undefined for a policy with all defaults.
 * @throws AgentError that names every invalid key.
 */
export async function readPolicy(file: string | undefined): Promise<Policy> {
  return file === undefined ? schema.parse({ mode: 'strict' }) : parsePolicy(await readYaml(file), file);
}

async function readYaml(file: string): Promise<unknown> {
  try {
    return parse(await readFile(file, 'utf8')) ?? {};
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AgentError(`The policy ${file} cannot be read: ${reason}`, undefined, { cause: error });
  }
}

function parsePolicy(value: unknown, file: string): Policy {
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isMapping) throw new AgentError(`The policy ${file} must be a YAML mapping with keys such as mode.`);
  const parsed = schema.safeParse({ mode: 'strict', ...value });
  if (parsed.success) return parsed.data;
  throw new AgentError(
    parsed.error.issues.map((issue) => `The policy ${file}: ${complaint(issue)}.`).join('\n'),
  );
}

function complaint(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => `"${key}"`).join(', ');
    const known = 'mode, allow (strict), deny (permissive), environment, timeoutMs, maxOutputBytes, writable';
    return `unknown key ${keys} for this mode; the known keys are ${known}`;
  }
  if (issue.path[0] === 'mode') return 'mode must be strict or permissive';
  return `${issue.path.join('.')}: ${issue.message}`;
}
