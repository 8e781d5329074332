/**
 * What a strict policy allows: commands that only read, and only what their arguments name, whatever their
 * options are. So `find` (-exec, -delete), `sort` and `tree` (-o), `uniq` (its second operand), `env` and `xargs`,
 * `sed` and `awk`, `less`, `rg` (--pre) and `date` (-s) are not among them; nor is `git`, which runs programs that
 * its configuration names, and finds that wherever a tool may have written it; nor `diff` (-r follows links);
 * nor are those that take paths from a file, which a tool may have written: `du` and `wc` (--files0-from),
 * `md5sum` and `sha256sum` (-c).
 */
export const defaultAllow = [
  ...['basename', 'cat', 'cmp', 'comm', 'cut', 'df', 'dirname', 'echo', 'false', 'free', 'grep'],
  ...['head', 'id', 'ls', 'nl', 'nproc', 'od', 'printf', 'pwd', 'readlink', 'realpath', 'seq', 'stat'],
  ...['tac', 'tail', 'true', 'uname', 'uptime', 'which', 'whoami'],
];

/** What a permissive policy refuses. A deny-list stops accidents and no intent. */
export const defaultDeny = [
  ...['sudo', 'doas', 'su', 'shutdown', 'reboot', 'poweroff', 'halt', 'mkfs', 'rm -rf /', 'rm -fr /'],
];

/** What commands get of the agent's environment: where things are and how to print, and no secret. */
export const defaultEnvironment = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'TERM'];
