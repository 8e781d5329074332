import { type ChildProcess, spawn } from 'node:child_process';

/** Ends process groups when the agent can no longer do so itself: when it was killed. */
export interface Watchdog extends Disposable {
  /** From here on until `release`, the group does not outlive the agent. */
  guard(groupId: number): void;
  release(groupId: number): void;
}

/**
 * Reads "+ <group>" and "- <group>". Its input ends when the agent does, however that ends: then it kills
 * the groups that are left.
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

/** A small shell process per agent, in a session of its own, so that it gets no signal that the agent gets. */
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
    // One that was killed is replaced, and the new one told what the old one knew.
    child.on('exit', () => {
      shell = undefined;
      if (isOpen) for (const group of groups) tell(`+ ${group}`);
    });
    child.on('error', () => {
      shell = undefined;
    });
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
