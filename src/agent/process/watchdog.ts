import { type ChildProcess, spawn } from 'node:child_process';

/** Ends process groups if the agent was killed and cannot end them itself. */
export interface Watchdog extends Disposable {
  /** From now until `release`, the group is killed if the agent dies. */
  guard(groupId: number): void;
  release(groupId: number): void;
}

/**
 * Reads the lines "+ <group>" and "- <group>". Its input ends when the agent ends, for any reason. Then the script
 * kills the groups that were not released.
 */
const script = `
trap '' HUP INT QUIT TERM
groups=' '
while read -r sign group; do
  case $sign in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done 2>/dev/null
`;

/** Creates a watchdog: a small shell process in its own session, so that signals to the agent do not reach it. */
export function createWatchdog(): Watchdog {
  const groups = new Set<number>();
  let isOpen = true;
  let shell: ChildProcess | undefined;

  const tell = (line: string) => {
    shell ??= start();
    shell.stdin?.write(`${line}\n`);
  };
  function start(): ChildProcess {
    const child = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    child.unref();
    // If somebody kills the shell, start a new one and tell it all groups.
    child.on('exit', () => {
      shell = undefined;
      if (isOpen) for (const group of groups) tell(`+ ${group}`);
    });
    child.on('error', () => {
      shell = undefined;
    });
    // Writing fails if the shell was killed; 'exit' handles that.
    child.stdin.on('error', () => undefined);
    return child;
  }

  return {
    guard(groupId) {
      groups.add(groupId);
      tell(`+ ${groupId}`);
    },
    release(groupId) {
      groups.delete(groupId);
      tell(`- ${groupId}`);
    },
    [Symbol.dispose]() {
      isOpen = false;
      shell?.stdin?.end();
    },
  };
}
