import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openTools } from '../../../src/agent/tools/open-tools.ts';
import type { ToolReport } from '../../../src/agent/tools/tool.ts';
import { openTemporaryFolder } from '../files/temporary-folder.ts';

interface CallOptions {
  cancel?: AbortSignal;
  onOutput?(text: string): void;
  /** Default: 20,000. */
  timeoutMs?: number;
  /** Default: 32,768. */
  maxOutputBytes?: number;
}

/** An agent's tools on a workspace in a temporary folder. */
export interface TestTools extends AsyncDisposable {
  /** The workspace. */
  readonly root: string;
  /** An existing folder beside the workspace. */
  readonly outside: string;
  readonly capabilities: string[];
  call(tool: string, args: object, options?: CallOptions): Promise<ToolReport>;
  /** Calls `run_command`. */
  command(command: string, options?: CallOptions): Promise<ToolReport>;
  /** Writes a file of the workspace and creates its folders. */
  put(path: string, content: string | Buffer): Promise<void>;
  /** Reads a file of the workspace. */
  get(path: string): Promise<string>;
}

/**
 * Opens the tools of an agent in this process.
 *
 * @param policy The text of a policy file. Default: no file.
 * @param env Returns the environment of the agent, given the workspace. Default: the environment of the test.
 */
export async function openTestTools({
  policy,
  env = () => process.env,
}: {
  policy?: string;
  env?(root: string): NodeJS.ProcessEnv;
} = {}): Promise<TestTools> {
  const folder = await openTemporaryFolder();
  const workspace = join(folder.path, 'workspace');
  const outside = join(folder.path, 'outside');
  const policyFile = join(folder.path, 'policy.yaml');
  await Promise.all([mkdir(workspace), mkdir(outside), writeFile(policyFile, policy ?? '')]);
  const tools = await openTools({
    workspace,
    policy: policy === undefined ? undefined : policyFile,
    env: env(workspace),
  });
  const call: TestTools['call'] = (tool, args, options = {}) => {
    const { cancel = new AbortController().signal, onOutput = () => {} } = options;
    const { timeoutMs = 20_000, maxOutputBytes = 32_768 } = options;
    return tools.run({ tool, args, timeoutMs, maxOutputBytes }, { cancel, onOutput });
  };
  return {
    root: tools.root,
    outside,
    capabilities: tools.capabilities,
    call,
    command: (command, options) => call('run_command', { command }, options),
    async put(path, content) {
      await mkdir(dirname(join(workspace, path)), { recursive: true });
      await writeFile(join(workspace, path), content);
    },
    get: (path) => readFile(join(workspace, path), 'utf8'),
    async [Symbol.asyncDispose]() {
      tools[Symbol.dispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
