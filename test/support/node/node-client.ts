import { randomUUID } from 'node:crypto';
import { createClient } from 'graphql-sse';
import { expect, vi } from 'vitest';
import type { GraphQLAnswer } from '../gateway/gateway-api.ts';
import { createNodeReports, type NodeReports } from './node-reports.ts';

/** A command that the gateway sends to the agent of a node. */
interface SeenCommand {
  __typename: 'InboxOpened' | 'RunDispatch' | 'CancelDispatch' | 'CheckDispatch' | 'InboxClosed';
  seq: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  [field: string]: any;
}

export interface NodeClientOptions {
  /** Default: all tools. */
  capabilities?: string[];
  /** Default: 4. */
  maxDispatches?: number;
  instanceId?: string;
  /** Whether it answers checks of calls. Default: no. */
  checksCalls?: boolean;
  /** Whether it keeps the files of workspaces the same. Default: no. */
  syncsWorkspaces?: boolean;
  running?: string[];
  /** The URL of the gateway that gets its reports. Default: the one that has its inbox. */
  reportsTo?: string;
  after?: number;
  epoch?: string;
}

/** The scripted agent of a node. It does only what the test tells it to do. */
export interface NodeClient extends NodeReports, AsyncDisposable {
  readonly instanceId: string;
  /** All commands so far, oldest first. */
  readonly commands: readonly SeenCommand[];
  /** Settles when its inbox has ended; rejects if the gateway refuses it. */
  readonly ended: Promise<void>;
  /** Waits for the next command of this type. Each command is returned once. */
  next(typename: SeenCommand['__typename']): Promise<SeenCommand>;
  /** Waits for the next dispatch and acknowledges it. */
  take(): Promise<SeenCommand>;
  /** Drops the connection without a word, as a killed agent does. */
  leave(): void;
}

export const inboxDocument = `subscription ($input: NodeInboxInput!, $after: Int, $epoch: String) {
  nodeInbox(input: $input, after: $after, epoch: $epoch) {
    __typename seq
    ... on InboxOpened { node { nodeId connection } epoch heartbeatMs unknownDispatchIds }
    ... on RunDispatch { dispatchId toolApproval tool args timeoutMs maxOutputBytes traceparent }
    ... on CancelDispatch { dispatchId }
    ... on CheckDispatch { dispatchId tool args }
    ... on InboxClosed { reason message }
  }
}`;

const allTools = ['run_command', 'read_file', 'write_file', 'edit_file', 'list_files', 'search_files'];

/** Connects with the client of graphql-sse. The node is online when `InboxOpened` has arrived. */
export function connectNode(url: string, token: string, options: NodeClientOptions = {}): NodeClient {
  const { after, epoch, capabilities = allTools, maxDispatches = 4, running = [] } = options;
  const {
    instanceId = randomUUID(),
    checksCalls = false,
    syncsWorkspaces = false,
    reportsTo = url,
  } = options;
  const client = createClient({
    url: `${url}/graphql/stream`,
    retryAttempts: 0,
    headers: () => ({ authorization: `Bearer ${token}` }),
  });
  const agent = { agentVersion: 'test', platform: 'test' };
  const input = { capabilities, maxDispatches, instanceId, checksCalls, syncsWorkspaces, running, ...agent };
  const inbox = client.iterate({ query: inboxDocument, variables: { input, after, epoch } });
  const { commands, ended, next } = read(inbox as AsyncIterable<unknown>);
  const reports = createNodeReports(reportsTo, token, instanceId);
  return {
    ...reports,
    instanceId,
    commands,
    ended,
    next,
    async take() {
      const dispatch = await next('RunDispatch');
      expect(await reports.acknowledge(dispatch['dispatchId'])).toBe(true);
      return dispatch;
    },
    leave: () => client.dispose(),
    async [Symbol.asyncDispose]() {
      client.dispose();
      await ended.catch(() => {});
    },
  };
}

function read(inbox: AsyncIterable<unknown>): Pick<NodeClient, 'commands' | 'ended' | 'next'> {
  const commands: SeenCommand[] = [];
  const returned = new Set<SeenCommand>();
  const ended = (async () => {
    for await (const result of inbox) {
      const { data, errors } = result as GraphQLAnswer;
      if (errors?.[0]) throw Object.assign(new Error(errors[0].message), errors[0].extensions);
      commands.push(data.nodeInbox);
    }
  })();
  let isOver = false;
  // A test that does not await `ended` must not fail because of an unhandled rejection.
  void ended
    .catch(() => {})
    .finally(() => {
      isOver = true;
    });
  return {
    commands,
    ended,
    async next(typename) {
      const isNext = (command: SeenCommand) => command.__typename === typename && !returned.has(command);
      await vi.waitUntil(() => isOver || commands.some(isNext), { timeout: 10_000, interval: 5 });
      const found = commands.find(isNext);
      if (found === undefined) throw new Error(`The inbox ended without ${typename}.`, { cause: commands });
      returned.add(found);
      return found;
    },
  };
}
