import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openTemporaryFolder } from '../files/temporary-folder.ts';
import { chat, collect, follow, type SeenRunEvent } from '../gateway/chat.ts';
import { type ScriptedGateway, startScriptedGateway } from '../gateway/scripted-gateway.ts';
import { createNodeSession, registerNode } from '../node/nodes.ts';
import { type AgentProcess, type SpawnAgentOptions, startAgent } from './agent-process.ts';

/** A machine that agents can be started on. */
export interface Machine extends AsyncDisposable {
  /** An empty folder. */
  readonly workspace: string;
  /** A policy file: permissive, unless it was said otherwise. */
  readonly policy: string;
}

export async function openMachine(policyText = 'mode: permissive\n'): Promise<Machine> {
  const folder = await openTemporaryFolder();
  const workspace = join(folder.path, 'workspace');
  const policy = join(folder.path, 'policy.yaml');
  await Promise.all([mkdir(workspace), writeFile(policy, policyText)]);
  return { workspace, policy, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

/** A gateway in this process, and one node whose agent is a process on a machine of its own. */
export interface Laptop extends AsyncDisposable {
  readonly gateway: ScriptedGateway;
  readonly agent: AgentProcess;
  readonly machine: Machine;
  /** Of the node `laptop`. */
  readonly token: string;
  /** Alice asks in a new session with the laptop; the run events as they come. */
  ask(): Promise<AsyncGenerator<SeenRunEvent>>;
  /** All run events of a run, to its end. */
  follow(runId: string | undefined): Promise<SeenRunEvent[]>;
}

export interface StartLaptopOptions extends Pick<SpawnAgentOptions, 'maxDispatches' | 'env'> {
  /** Of the gateway. */
  settings?: Record<string, string>;
  /** The text of the policy file. Default: permissive. */
  policy?: string;
  /** Gives the address by which the agent is to reach the gateway. Default: its own. */
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
