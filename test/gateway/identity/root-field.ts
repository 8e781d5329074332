import type { Belongings } from '../../support/gateway/owned-world.ts';

/** How a field of a root type is tried by a viewer who may not use it. */
export interface Trial {
  /** Its variables are named like the objects of alice in `Belongings`: `$session: ID!`, `$nodeId: String!` … */
  document: string;
  /**
   * What bob gets for the objects of alice. `nothing`: null; `not found`: NOT_FOUND; `own`: only his own objects;
   * `forbidden`: FORBIDDEN; `agents`: FORBIDDEN, as every user does; `admins`: FORBIDDEN, as every user who is no admin.
   */
  bob: 'nothing' | 'not found' | 'own' | 'forbidden' | 'agents' | 'admins';
  /** A mutation that makes the subscription send its first result. */
  cause?: string;
}

const input = 'input: { sessionId: $session, prompt: "Hi.", onBusy: ENQUEUE }';

const stats =
  '{ cpuPercent: 1, memoryUsedBytes: 1, memoryTotalBytes: 1, loadAverage: 1, runningDispatches: 0, uptimeSeconds: 1 }';

/** Every field of Query, Mutation and Subscription. */
export const trials: Record<string, Trial> = {
  'Query.node': { document: 'query ($message: ID!) { node(id: $message) { id } }', bob: 'nothing' },
  'Query.nodes': {
    document:
      'query ($session: ID!, $message: ID!, $run: ID!, $node: ID!) { nodes(ids: [$session, $message, $run, $node]) { id ... on Session { title } } }',
    bob: 'nothing',
  },
  'Query.viewer': { document: '{ viewer { userId } }', bob: 'own' },
  'Query.models': { document: '{ models { modelName } }', bob: 'own' },
  'Query.usage': { document: '{ usage(by: USER) { userId runs } }', bob: 'own' },
  'Query.budgets': { document: '{ budgets { name } }', bob: 'own' },
  'Query.auditLog': { document: '{ auditLog { edges { node { userId subject } } } }', bob: 'own' },
  'Query.apiTokens': { document: '{ apiTokens { edges { node { userId } } } }', bob: 'admins' },
  'Query.session': { document: 'query ($session: ID!) { session(id: $session) { id } }', bob: 'nothing' },
  'Query.sessionByDatabaseId': {
    document: 'query ($sessionId: Int!) { sessionByDatabaseId(databaseId: $sessionId) { id } }',
    bob: 'nothing',
  },
  'Query.sessions': { document: '{ sessions { edges { node { id userId } } } }', bob: 'own' },
  'Query.searchMessages': {
    document: '{ searchMessages(query: "hello") { edges { node { id } session { id userId } } } }',
    bob: 'own',
  },
  'Query.run': { document: 'query ($run: ID!) { run(id: $run) { id } }', bob: 'nothing' },
  'Query.agentNode': {
    document: 'query ($nodeId: String!) { agentNode(nodeId: $nodeId) { id } }',
    bob: 'nothing',
  },
  'Query.agentNodes': { document: '{ agentNodes { edges { node { id nodeId } } } }', bob: 'own' },
  'Mutation.setUserBudget': {
    document: 'mutation ($userId: String!) { setUserBudget(userId: $userId, perDay: "1") { name } }',
    bob: 'admins',
  },
  'Mutation.createApiToken': {
    document: 'mutation ($userId: String!) { createApiToken(userId: $userId) { token } }',
    bob: 'admins',
  },
  'Mutation.revokeApiToken': {
    document: 'mutation { revokeApiToken(databaseId: 1) { userId } }',
    bob: 'admins',
  },
  'Mutation.createSession': {
    document: 'mutation ($userId: String!) { createSession(input: { userId: $userId }) { id } }',
    bob: 'forbidden',
  },
  'Mutation.updateSession': {
    document: 'mutation ($session: ID!) { updateSession(id: $session, input: { title: "Mine" }) { id } }',
    bob: 'not found',
  },
  'Mutation.archiveSession': {
    document: 'mutation ($session: ID!) { archiveSession(id: $session, archived: true) { id } }',
    bob: 'not found',
  },
  'Mutation.pinSession': {
    document: 'mutation ($session: ID!) { pinSession(id: $session, pinned: true) { id } }',
    bob: 'not found',
  },
  'Mutation.deleteSession': {
    document: 'mutation ($session: ID!) { deleteSession(id: $session) { databaseId } }',
    bob: 'not found',
  },
  'Mutation.deleteSessions': {
    document: 'mutation ($userId: String!) { deleteSessions(userId: $userId) { count } }',
    bob: 'forbidden',
  },
  'Mutation.clearHistory': {
    document: 'mutation ($session: ID!) { clearHistory(sessionId: $session) { id } }',
    bob: 'not found',
  },
  'Mutation.selectBranch': {
    document: 'mutation ($message: ID!) { selectBranch(messageId: $message) { id } }',
    bob: 'not found',
  },
  'Mutation.forkSession': {
    document: 'mutation ($message: ID!) { forkSession(messageId: $message) { id } }',
    bob: 'not found',
  },
  'Mutation.deleteMessage': {
    document: 'mutation ($message: ID!) { deleteMessage(id: $message) { id } }',
    bob: 'not found',
  },
  'Mutation.sendMessage': {
    document: `mutation ($session: ID!) { sendMessage(${input}) { id } }`,
    bob: 'not found',
  },
  'Mutation.createStreamTicket': {
    document: 'mutation ($run: ID!) { createStreamTicket(runId: $run) { ticket } }',
    bob: 'not found',
  },
  'Mutation.cancelRun': {
    document: 'mutation ($run: ID!) { cancelRun(runId: $run) { cancelled } }',
    bob: 'not found',
  },
  'Mutation.approveToolCall': {
    document: 'mutation ($run: ID!) { approveToolCall(runId: $run, callId: "call-1") { callId } }',
    bob: 'not found',
  },
  'Mutation.revokeGrant': {
    document: 'mutation ($grant: ID!) { revokeGrant(id: $grant) { id } }',
    bob: 'not found',
  },
  'Mutation.denyToolCall': {
    document: 'mutation ($run: ID!) { denyToolCall(runId: $run, callId: "call-1") { callId } }',
    bob: 'not found',
  },
  'Mutation.answerToolCall': {
    document: 'mutation ($run: ID!) { answerToolCall(runId: $run, callId: "call-1", result: 1) { callId } }',
    bob: 'not found',
  },
  'Mutation.uploadMessageAudio': {
    document:
      'mutation ($message: ID!, $file: Upload!) { uploadMessageAudio(messageId: $message, file: $file) { id } }',
    bob: 'not found',
  },
  'Mutation.deleteMessageAudio': {
    document: 'mutation ($message: ID!) { deleteMessageAudio(messageId: $message) { id } }',
    bob: 'not found',
  },
  'Mutation.uploadAttachment': {
    document:
      'mutation ($session: ID!, $file: Upload!) { uploadAttachment(sessionId: $session, file: $file) { id } }',
    bob: 'not found',
  },
  'Mutation.attachMessageAudio': {
    document: 'mutation ($message: ID!) { attachMessageAudio(messageId: $message) { id } }',
    bob: 'not found',
  },
  'Mutation.deleteAttachment': {
    document: 'mutation ($attachment: ID!) { deleteAttachment(id: $attachment) { databaseId } }',
    bob: 'not found',
  },
  'Mutation.registerNode': {
    document: 'mutation { registerNode(input: { nodeId: "tablet" }) { node { id } } }',
    bob: 'own',
  },
  'Mutation.rotateNodeToken': {
    document: 'mutation ($nodeId: String!) { rotateNodeToken(nodeId: $nodeId) { token } }',
    bob: 'not found',
  },
  'Mutation.updateNode': {
    document: 'mutation ($nodeId: String!) { updateNode(nodeId: $nodeId, input: {}) { id } }',
    bob: 'not found',
  },
  'Mutation.deleteNode': {
    document: 'mutation ($nodeId: String!) { deleteNode(nodeId: $nodeId) { nodeId } }',
    bob: 'not found',
  },
  'Mutation.attachNodes': {
    document: 'mutation ($session: ID!) { attachNodes(sessionId: $session, nodeIds: ["phone"]) { id } }',
    bob: 'not found',
  },
  'Mutation.detachNode': {
    document:
      'mutation ($session: ID!, $nodeId: String!) { detachNode(sessionId: $session, nodeId: $nodeId) { id } }',
    bob: 'not found',
  },
  'Mutation.writeWorkspaceFile': {
    document:
      'mutation ($session: ID!) { writeWorkspaceFile(sessionId: $session, path: "a.txt", text: "mine") { path } }',
    bob: 'not found',
  },
  'Mutation.uploadWorkspaceFile': {
    document:
      'mutation ($session: ID!, $file: Upload!) { uploadWorkspaceFile(sessionId: $session, path: "a.txt", file: $file) { path } }',
    bob: 'not found',
  },
  'Mutation.deleteWorkspaceFile': {
    document:
      'mutation ($session: ID!) { deleteWorkspaceFile(sessionId: $session, path: "a.txt") { fileCount } }',
    bob: 'not found',
  },
  'Mutation.acknowledgeDispatch': {
    document: 'mutation { acknowledgeDispatch(dispatchId: "d", instanceId: "i") { proceed } }',
    bob: 'agents',
  },
  'Mutation.appendDispatchOutput': {
    document: 'mutation { appendDispatchOutput(dispatchId: "d", offset: 0, text: "") { nextOffset } }',
    bob: 'agents',
  },
  'Mutation.reportDispatchCheck': {
    document: 'mutation { reportDispatchCheck(dispatchId: "d") { accepted } }',
    bob: 'agents',
  },
  'Mutation.finishDispatch': {
    document:
      'mutation { finishDispatch(dispatchId: "d", input: { status: FAILED, result: "" }) { accepted } }',
    bob: 'agents',
  },
  'Mutation.nodeHeartbeat': {
    document: `mutation { nodeHeartbeat(stats: ${stats}, running: []) { unknownDispatchIds } }`,
    bob: 'agents',
  },
  'Subscription.chat': {
    document: `subscription ($session: ID!) { chat(${input}) { seq } }`,
    bob: 'not found',
  },
  'Subscription.runEvents': {
    document: 'subscription ($run: ID!) { runEvents(runId: $run) { seq } }',
    bob: 'not found',
  },
  'Subscription.sessionEvents': {
    document: 'subscription ($session: ID!) { sessionEvents(sessionId: $session) { __typename } }',
    bob: 'not found',
    cause: 'mutation ($session: ID!) { updateSession(id: $session, input: {}) { id } }',
  },
  'Subscription.viewerEvents': {
    document: 'subscription { viewerEvents { __typename ... on SessionCreated { session { id userId } } } }',
    bob: 'own',
    cause: 'mutation { createSession(input: {}) { id } }',
  },
  'Subscription.nodeInbox': {
    document:
      'subscription { nodeInbox(input: { capabilities: [], maxDispatches: 1, instanceId: "i", running: [] }) { seq } }',
    bob: 'agents',
  },
  'Subscription.nodeWorkspaces': {
    document: 'subscription { nodeWorkspaces { workspaces { workspaceId } } }',
    bob: 'agents',
  },
};

/** The variables that a document declares. */
export function variablesOf(document: string, belongings: Belongings): Record<string, unknown> {
  const names = [...document.matchAll(/\$(\w+):/g)].map(([, name = '']) => name);
  return Object.fromEntries(names.map((name) => [name, belongings[name as keyof Belongings] ?? null]));
}
