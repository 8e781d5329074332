import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openTemporaryFolder } from '../files/temporary-folder.ts';
import { chat, collect, follow, type SeenRunEvent } from '../gateway/chat.ts';
import { type ScriptedGateway, startScriptedGateway } from '../gateway/scripted-gateway.ts';
import { createNodeSession, registerNode } from '../node/nodes.ts';
import { type AgentProcess, type SpawnAgentOptions, startAgent } from './agent-process.ts';

/** The files of a machine on which agents can be started. */
export interface Machine extends AsyncDisposable {
  /** An empty folder. */
  readonly workspace: string;
  /** Path of a policy file. By default the policy is permissive. */
  readonly policy: string;
}

export async function openMachine(policyText = 'mode: permissive\n'): Promise<Machine> {
  const folder = await openTemporaryFolder();
  const workspace = join(folder.path, 'workspace');
  const policy = join(folder.path, 'policy.yaml');
  await Promise.all([mkdir(workspace), writeFile(policy, policyText)]);
  return { workspace, policy, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

/** A gateway in this process and the node `laptop`, whose agent is a process with its own workspace. */
export interface Laptop extends AsyncDisposable {
  readonly gateway: ScriptedGateway;
  readonly agent: AgentProcess;
  readonly machine: Machine;
  /** The token of the node `laptop`. */
  readonly token: string;
  /** Sends a prompt in a new session with the laptop. Returns the run events as they come. */
  ask(): Promise<AsyncGenerator<SeenRunEvent>>;
  /** Follows a run to its end. Returns all its run events. */
  follow(runId: string | undefined): Promise<SeenRunEvent[]>;
}

export interface StartLaptopOptions extends Pick<SpawnAgentOptions, 'maxDispatches' | 'env'> {
  /** Settings of the gateway. */
  settings?: Record<string, string>;
  /** The text of the policy file. Default: permissive. */
  policy?: string;
  /** Returns the URL that the agent gets, for example the URL of a proxy. Default: the gateway's own URL. */
  through?(url: string): Promise<string>;
}

export async function startLaptop(options: StartLaptopOptions = {}): Promise<Laptop> {
  const { settings = {}, policy, through = async (url) => url, ...more } = options;
  const machine = await openMachine(policy);
  const gateway = await startScriptedGateway({ settings });
  const token = await registerNode(gateway, 'laptop');
  const agent = await startAgent(await through(gateway.url), { token, ...machine, ...more });
  return {
    gateway,
    agent,
    machine,
    token,
    async ask() {
      const sessionId = await createNodeSession(gateway, ['laptop']);
      return chat(gateway.client(), { sessionId, prompt: 'Work' });
    },
    follow: (runId = '') => collect(follow(gateway.client(), runId)),
    async [Symbol.asyncDispose]() {
      await agent[Symbol.asyncDispose]();
      await gateway[Symbol.asyncDispose]();
      await machine[Symbol.asyncDispose]();
    },
  };
}
