import { realpath } from 'node:fs/promises';
import { Semaphore } from '../concurrency/semaphore.ts';
import { AgentError } from '../errors/agent-error.ts';
import { isWithin, openWorkspace } from '../files/workspace.ts';
import { type Policy, readPolicy } from '../policy/policy.ts';
import { commandEnvironment } from '../process/environment.ts';
import { createWatchdog } from '../process/watchdog.ts';
import { createTools, type Tools } from './tools.ts';

export interface OpenToolsOptions {
  /** The folder to work in. */
  workspace: string;
  /** The path of a YAML file. Default: a policy with all defaults. */
  policy?: string | undefined;
  /** The environment of the agent. Commands get the variables that the policy names. */
  env: NodeJS.ProcessEnv;
}

export interface OpenTools extends Tools, Disposable {
  /** The real path of the workspace. */
  readonly root: string;
  readonly mode: 'strict' | 'permissive';
  /** The most bytes of a result that the policy allows. */
  readonly maxOutputBytes: number;
}

/**
 * Opens the tools of an agent on this machine. Dispose them when no call runs any more.
 *
 * @throws AgentError if the workspace or the policy is not valid.
 */
export async function openTools({
  workspace: folder,
  policy: file,
  env,
}: OpenToolsOptions): Promise<OpenTools> {
  const workspace = await openWorkspace(folder);
  const policy = await readPolicy(file);
  const { root } = workspace;
  if (file !== undefined) await checkOutOfReach(file, policy, root);
  const watchdog = createWatchdog();
  const tools = createTools({
    workspace,
    policy,
    commandEnvironment: await commandEnvironment({
      names: policy.environment,
      own: env,
      // A tool could write a program into the workspace under the name of an allowed command.
      untrusted: policy.mode === 'strict' ? root : undefined,
    }),
    watchdog,
    writeLock: new Semaphore(1),
  });
  const { mode, maxOutputBytes } = policy;
  return { ...tools, root, mode, maxOutputBytes, [Symbol.dispose]: () => watchdog[Symbol.dispose]() };
}

/** Refuses a policy that the model can change: the next start of the agent would allow it anything. */
async function checkOutOfReach(file: string, { mode, writable }: Policy, root: string): Promise<void> {
  if (mode !== 'strict' || !writable || !isWithin(root, await realpath(file))) return;
  throw new AgentError(
    `The policy ${file} is in the workspace, where tools could change it. Keep it elsewhere, or set writable: false.`,
  );
}
