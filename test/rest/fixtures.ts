import { encodeGlobalID } from '@pothos/plugin-relay';

/** A session of alice, as GraphQL returns it. */
export function aliceSession(databaseId = 1, fields: object = {}) {
  return {
    __typename: 'Session',
    id: encodeGlobalID('Session', databaseId),
    databaseId,
    userId: 'alice',
    title: null,
    featureName: 'default',
    providerName: null,
    modelName: null,
    toolApproval: 'AUTO',
    askUser: false,
    settings: { reasoningEffort: null, temperature: null, maxOutputTokens: null, responseSchema: null },
    archivedAt: null,
    pinnedAt: null,
    tags: [],
    metadata: null,
    workspace: null,
    nodes: [],
    createdAt: '2026-01-31T12:00:00.000Z',
    updatedAt: '2026-01-31T12:00:00.000Z',
    ...fields,
  };
}

/** A page of a connection whose cursors are indices. */
export function pageOf(nodes: readonly object[], args: Record<string, unknown>) {
  const start = args['after'] === undefined || args['after'] === null ? 0 : Number(args['after']) + 1;
  const end = start + Number(args['first']);
  return {
    totalCount: nodes.length,
    edges: nodes.slice(start, end).map((node, index) => ({ cursor: String(start + index), node })),
    pageInfo: {
      hasNextPage: end < nodes.length,
      hasPreviousPage: start > 0,
      startCursor: String(start),
      endCursor: String(Math.min(end, nodes.length) - 1),
    },
  };
}

export const usage = {
  providerName: 'demo',
  modelName: 'demo-1',
  inputTokens: 12,
  outputTokens: 5,
  reasoningTokens: 2,
  cacheReadInputTokens: 0,
  cacheWriteInputTokens: 0,
  totalTokens: 17,
  measured: true,
};

/** A run event of run 7. */
export function runEvent(seq: number, __typename: string, fields: object = {}) {
  return { __typename, seq, runId: encodeGlobalID('Run', 7), at: '2026-01-31T12:00:00.000Z', ...fields };
}

/** The run event that ends run 7, with "Lisbon." as message 3. */
export function runCompleted(seq: number) {
  const message = { databaseId: 3, content: 'Lisbon.', emptyReason: null };
  return runEvent(seq, 'RunCompleted', { message, usage, finishReason: 'STOP' });
}
