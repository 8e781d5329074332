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
export const defaultAllow = [
  ...['basename', 'cat', 'cmp', 'comm', 'cut', 'df', 'dirname', 'echo', 'false', 'free', 'grep'],
  ...['head', 'id', 'ls', 'nl', 'nproc', 'od', 'printf', 'pwd', 'readlink', 'realpath', 'seq', 'stat'],
  ...['tac', 'tail', 'true', 'uname', 'uptime', 'which', 'whoami'],
];

/** The commands that a permissive policy refuses by default. A deny-list stops accidents, not intent. */
export const defaultDeny = [
  ...['sudo', 'doas', 'su', 'shutdown', 'reboot', 'poweroff', 'halt', 'mkfs', 'rm -rf /', 'rm -fr /'],
];

/** The variables that commands get by default: folders and settings for output, and no secrets. */
export const defaultEnvironment = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'TERM'];
