import type { GraphQLAnswer } from '../gateway/gateway-api.ts';

interface Report {
  status?: 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'TIMED_OUT';
  result?: string;
  exitCode?: number;
  errorCode?: 'BAD_ARGUMENTS' | 'TIMEOUT' | 'POLICY' | 'FAILED';
}

/** The reports of a node's agent to the gateway. */
export interface NodeReports {
  /**
   * Resolves to whether the gateway lets a process of the agent start a dispatch.
   *
   * @param instanceId The id of the process. Default: the one of these reports.
   */
  acknowledge(dispatchId: string, instanceId?: string): Promise<boolean>;
  print(dispatchId: string, offset: number, text: string): Promise<GraphQLAnswer>;
  /** Sends a result, by default a success. Resolves to whether a run still waited for it. */
  finish(dispatchId: string, report?: Report): Promise<boolean>;
  /** Answers a check: with the reason why the node would refuse the call, or without one. Resolves to whether it counts. */
  answerCheck(dispatchId: string, refusal?: { errorCode: 'POLICY'; result: string }): Promise<boolean>;
  /** Sends a heartbeat. Resolves to the ids of the dispatches that no run waits for any more. */
  beat(running?: string[]): Promise<string[]>;
}

const documents = {
  acknowledge: `mutation ($dispatchId: ID!, $instanceId: ID!) {
    acknowledgeDispatch(dispatchId: $dispatchId, instanceId: $instanceId) { proceed }
  }`,
  print: `mutation ($dispatchId: ID!, $offset: Int!, $text: String!) {
    appendDispatchOutput(dispatchId: $dispatchId, offset: $offset, text: $text) { nextOffset isWanted }
  }`,
  finish: `mutation ($dispatchId: ID!, $input: FinishDispatchInput!) {
    finishDispatch(dispatchId: $dispatchId, input: $input) { accepted }
  }`,
  answerCheck: `mutation ($dispatchId: ID!, $refusal: DispatchRefusalInput) {
    reportDispatchCheck(dispatchId: $dispatchId, refusal: $refusal) { accepted }
  }`,
  beat: `mutation ($stats: NodeStatsInput!, $running: [ID!]!) {
    nodeHeartbeat(stats: $stats, running: $running) { unknownDispatchIds }
  }`,
};

const stats = {
  cpuPercent: 12.5,
  memoryUsedBytes: 2_000_000_000,
  memoryTotalBytes: 8_000_000_000,
  loadAverage: 0.5,
  uptimeSeconds: 60,
};

/** Sends any GraphQL operation with the token of a node. */
export async function asNode(
  url: string,
  token: string,
  query: string,
  variables: object = {},
): Promise<GraphQLAnswer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as GraphQLAnswer;
}

/** @param instanceId The id of the agent's process. */
export function createNodeReports(url: string, token: string, instanceId = 'test'): NodeReports {
  const say = async (query: string, variables: object) => {
    const { data, errors } = await asNode(url, token, query, variables);
    if (errors?.[0]) throw Object.assign(new Error(errors[0].message), errors[0].extensions);
    return data;
  };
  return {
    acknowledge: async (dispatchId, process = instanceId) =>
      (await say(documents.acknowledge, { dispatchId, instanceId: process })).acknowledgeDispatch.proceed,
    print: (dispatchId, offset, text) => asNode(url, token, documents.print, { dispatchId, offset, text }),
    finish: async (dispatchId, { status = 'SUCCEEDED', result = 'done', ...report } = {}) => {
      const input = { status, result, ...report };
      return (await say(documents.finish, { dispatchId, input })).finishDispatch.accepted;
    },
    answerCheck: async (dispatchId, refusal) =>
      (await say(documents.answerCheck, { dispatchId, refusal })).reportDispatchCheck.accepted,
    beat: async (running = []) => {
      const variables = { stats: { ...stats, runningDispatches: running.length }, running };
      return (await say(documents.beat, variables)).nodeHeartbeat.unknownDispatchIds;
    },
  };
}
