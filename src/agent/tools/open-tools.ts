import { realpath } from 'node:fs/promises';
import { AgentError } from '../errors/agent-error.ts';
import { createTurns } from '../files/turns.ts';
import { isWithin, openWorkspace } from '../files/workspace.ts';
import { type Policy, readPolicy } from '../policy/policy.ts';
import { commandEnvironment } from '../process/environment.ts';
import { createWatchdog } from '../process/watchdog.ts';
import { createTools, type Tools } from './tools.ts';

export interface OpenToolsOptions {
  /** The folder to work in. */
  workspace: string;
  /** A YAML file; without one everything has its default. */
  policy?: string | undefined;
  /** The environment that commands get a part of. */
  env: NodeJS.ProcessEnv;
}

export interface OpenTools extends Tools, Disposable {
  /** The workspace, without symbolic links. */
  readonly root: string;
  readonly mode: 'strict' | 'permissive';
}

/**
 * The tools of an agent on this machine. Dispose them when no call runs any more.
 *
 * @throws AgentError where the workspace or the policy will not do.
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
      // A tool could put a program there under the name of one that the policy allows.
      untrusted: policy.mode === 'strict' ? root : undefined,
    }),
    watchdog,
    inTurn: createTurns(),
  });
  return { ...tools, root, mode: policy.mode, [Symbol.dispose]: () => watchdog[Symbol.dispose]() };
}

/** A model that may write the policy could allow itself anything from the next start on. */
async function checkOutOfReach(file: string, { mode, writable }: Policy, root: string): Promise<void> {
  if (mode !== 'strict' || !writable || !isWithin(root, await realpath(file))) return;
  throw new AgentError(
    `The policy ${file} is in the workspace, where tools could change it: keep it elsewhere, or say writable: false.`,
  );
}
