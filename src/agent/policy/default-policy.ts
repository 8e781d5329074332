/**
 * What a strict policy allows: commands that only read, whatever their options are. So `find` (-exec, -delete),
 * `sort` and `tree` (-o), `uniq` (its second operand), `env` and `xargs`, `sed` and `awk`, `git diff`, `git log`
 * and `git show` (--output), `git grep` (-O), `git branch`, `less`, `rg` (--pre) and `date` (-s) are not among
 * them.
 */
export const defaultAllow = [
  ...['basename', 'cat', 'cmp', 'comm', 'cut', 'df', 'diff', 'dirname', 'du', 'echo', 'free', 'grep'],
  ...['head', 'id', 'ls', 'md5sum', 'nl', 'nproc', 'od', 'printf', 'pwd', 'readlink', 'realpath', 'seq'],
  ...['sha256sum', 'stat', 'tac', 'tail', 'true', 'false', 'uname', 'uptime', 'wc', 'which', 'whoami'],
  ...['git status', 'git blame', 'git describe', 'git ls-files', 'git ls-tree', 'git rev-parse'],
];

/** What a permissive policy refuses. A deny-list stops accidents and no intent. */
export const defaultDeny = [
  ...['sudo', 'doas', 'su', 'shutdown', 'reboot', 'poweroff', 'halt', 'mkfs', 'rm -rf /', 'rm -fr /'],
];

/** What commands get of the agent's environment: where things are and how to print, and no secret. */
export const defaultEnvironment = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'TERM'];
