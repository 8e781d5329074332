import { randomUUID } from 'node:crypto';
import { createClient } from 'graphql-sse';
import { expect } from 'vitest';
import type { GraphQLAnswer } from './gateway-api.ts';

/** A command as the agent of a node gets it. */
export interface SeenCommand {
  __typename: 'InboxOpened' | 'RunDispatch' | 'CancelDispatch' | 'InboxClosed';
  seq: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  [field: string]: any;
}

export interface NodeClientOptions {
  capabilities?: string[];
  maxDispatches?: number;
  instanceId?: string;
  running?: string[];
  after?: number;
  epoch?: string;
}

export interface Report {
  status?: 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'TIMED_OUT';
  result?: string;
  exitCode?: number;
  errorCode?: 'BAD_ARGUMENTS' | 'TIMEOUT' | 'POLICY' | 'FAILED';
}

/** The scripted agent of a node: it does what the test tells it, and nothing by itself. */
export interface NodeClient extends AsyncDisposable {
  readonly instanceId: string;
  /** All it was told, oldest first. */
  readonly commands: readonly SeenCommand[];
  /** Settles when its inbox has ended; rejects with what was refused. */
  readonly ended: Promise<void>;
  /** The next command of this type, once it has come; each is returned once. */
  next(typename: SeenCommand['__typename']): Promise<SeenCommand>;
  /** Whether the gateway lets this process of it, or another one, start a dispatch. */
  acknowledge(dispatchId: string, instanceId?: string): Promise<boolean>;
  print(dispatchId: string, offset: number, text: string): Promise<GraphQLAnswer>;
  /** Whether somebody waited for the result. */
  finish(dispatchId: string, report?: Report): Promise<boolean>;
  /** Sends a heartbeat; returns the dispatches that nobody waits for. */
  beat(running?: string[]): Promise<string[]>;
  /** Takes the next dispatch and starts it. */
  take(): Promise<SeenCommand>;
  /** Lets go of the connection, as an agent does that is killed. */
  leave(): void;
}

const inboxDocument = `subscription ($input: NodeInboxInput!, $after: Int, $epoch: String) {
  nodeInbox(input: $input, after: $after, epoch: $epoch) {
    __typename seq
    ... on InboxOpened { node { nodeId connection } epoch heartbeatMs unknownDispatchIds }
    ... on RunDispatch { dispatchId tool args timeoutMs maxOutputBytes }
    ... on CancelDispatch { dispatchId }
    ... on InboxClosed { reason message }
  }
}`;

export const stats = {
  cpuPercent: 12.5,
  memoryUsedBytes: 2_000_000_000,
  memoryTotalBytes: 8_000_000_000,
  loadAverage: 0.5,
  runningDispatches: 0,
  uptimeSeconds: 60,
};

/** Whatever an agent asks or reports, with its token. */
export async function asNode(
  url: string,
  token: string,
  query: string,
  variables: object,
): Promise<GraphQLAnswer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as GraphQLAnswer;
}

/** Connects; not yet when this returns, but once `InboxOpened` has come. */
export function connectNode(url: string, token: string, options: NodeClientOptions = {}): NodeClient {
  const { after, epoch, instanceId = randomUUID(), running = [], ...own } = options;
  const { capabilities = allTools, maxDispatches = 4 } = own;
  const client = createClient({
    url: `${url}/graphql/stream`,
    retryAttempts: 0,
    headers: () => ({ authorization: `Bearer ${token}` }),
  });
  const input = { capabilities, maxDispatches, instanceId, running, agentVersion: 'test', platform: 'test' };
  const inbox = client.iterate({ query: inboxDocument, variables: { input, after, epoch } });
  const commands: SeenCommand[] = [];
  const returned = new Set<SeenCommand>();
  const ended = (async () => {
    for await (const result of inbox) {
      const { data, errors } = result as unknown as GraphQLAnswer;
      if (errors?.[0]) throw Object.assign(new Error(errors[0].message), errors[0].extensions);
      commands.push(data.nodeInbox);
    }
  })();
  ended.catch(() => {});
  const mutate = async (field: string, types: string, args: string, variables: object, selection: string) => {
    const query = `mutation (${types}) { ${field}(${args}) { ${selection} } }`;
    const answer = await asNode(url, token, query, variables);
    expect(answer.errors).toBeUndefined();
    return answer.data[field];
  };
  const node: NodeClient = {
    instanceId,
    commands,
    ended,
    next: (typename) =>
      expect
        .poll(() => commands.find((command) => command.__typename === typename && !returned.has(command)), {
          timeout: 10_000,
          interval: 5,
        })
        .toBeDefined()
        .then(() => {
          const found = commands.find((one) => one.__typename === typename && !returned.has(one));
          returned.add(found as SeenCommand);
          return found as SeenCommand;
        }),
    acknowledge: async (dispatchId, process = instanceId) => {
      const variables = { dispatchId, instanceId: process };
      const types = '$dispatchId: ID!, $instanceId: ID!';
      const args = 'dispatchId: $dispatchId, instanceId: $instanceId';
      return (await mutate('acknowledgeDispatch', types, args, variables, 'proceed')).proceed;
    },
    print: (dispatchId, offset, text) =>
      asNode(
        url,
        token,
        `mutation ($dispatchId: ID!, $offset: Int!, $text: String!) {
          appendDispatchOutput(dispatchId: $dispatchId, offset: $offset, text: $text) { nextOffset isWanted }
        }`,
        { dispatchId, offset, text },
      ),
    finish: async (dispatchId, { status = 'SUCCEEDED', result = 'done', ...report } = {}) => {
      const variables = { dispatchId, input: { status, result, ...report } };
      const types = '$dispatchId: ID!, $input: FinishDispatchInput!';
      const args = 'dispatchId: $dispatchId, input: $input';
      return (await mutate('finishDispatch', types, args, variables, 'accepted')).accepted;
    },
    beat: async (ids = []) => {
      const types = '$stats: NodeStatsInput!, $running: [ID!]!';
      const variables = { stats: { ...stats, runningDispatches: ids.length }, running: ids };
      const args = 'stats: $stats, running: $running';
      return (await mutate('nodeHeartbeat', types, args, variables, 'unknownDispatchIds')).unknownDispatchIds;
    },
    take: async () => {
      const dispatch = await node.next('RunDispatch');
      expect(await node.acknowledge(dispatch['dispatchId'])).toBe(true);
      return dispatch;
    },
    leave: () => client.dispose(),
    async [Symbol.asyncDispose]() {
      client.dispose();
      await ended.catch(() => {});
    },
  };
  return node;
}

export const allTools = ['run_command', 'read_file', 'write_file', 'edit_file', 'list_files', 'search_files'];
