import { encodeId } from '../../../src/base/global-id.ts';
import { registerNode } from '../node/nodes.ts';
import { tryUpload } from './attachments.ts';
import { collect, follow } from './chat.ts';
import type { GatewayApi } from './gateway-api.ts';
import { adminJwt, signJwt } from './jwt.ts';

/** The ids of what a user owns. */
export interface Belongings {
  userId: string;
  session: string;
  sessionId: number;
  message: string;
  messageId: number;
  run: string;
  node: string;
  nodeId: string;
  /** Uploaded and not sent. */
  attachment: string;
  attachmentId: number;
  /** An id of no grant, unless the test gives one. */
  grant: string;
}

/** A token of each kind of sender. */
export interface Tokens {
  alice: string;
  bob: string;
  admin: string;
  /** The token of a node that bob owns. */
  node: string;
}

export async function createTokens(gateway: GatewayApi): Promise<Tokens> {
  const bob = await signJwt({ sub: 'bob' });
  const node = await registerNode(gateway.as(bob), 'bobs-laptop');
  return { alice: await signJwt({ sub: 'alice' }), bob, admin: await adminJwt('carol'), node };
}

let worlds = 0;

/** Creates, through the API, a session with an answered prompt, an attached node, a shared file and an attachment. */
export async function createBelongings(
  gateway: GatewayApi & { url: string },
  token: string,
): Promise<Belongings> {
  const api = gateway.as(token);
  worlds += 1;
  const nodeId = `laptop-${worlds}`;
  await registerNode(api, nodeId);
  const session = await api.createSession({ nodeIds: [nodeId] });
  await api.query(
    `mutation ($session: ID!, $nodeId: String!) {
      attachNodes(sessionId: $session, nodeIds: [$nodeId], workspace: { source: EMPTY }) { id }
      writeWorkspaceFile(sessionId: $session, path: "a.txt", text: "of the owner") { path }
    }`,
    { session, nodeId },
  );
  const file = { bytes: 'of the owner' };
  const { data } = await tryUpload(gateway, session, file, token);
  const run = await api.send({ sessionId: session, prompt: 'Say hello.' });
  await collect(follow(api.client(), run));
  const { viewer, found, agentNode } = await api.query(
    `query ($session: ID!, $nodeId: String!) {
      viewer { userId }
      found: session(id: $session) { databaseId lastMessage { id databaseId } }
      agentNode(nodeId: $nodeId) { id }
    }`,
    { session, nodeId },
  );
  return {
    userId: viewer.userId,
    session,
    sessionId: found.databaseId,
    message: found.lastMessage.id,
    messageId: found.lastMessage.databaseId,
    run,
    node: agentNode.id,
    nodeId,
    attachment: data.uploadAttachment.id,
    attachmentId: data.uploadAttachment.databaseId,
    grant: encodeId('ToolGrant', 999_999),
  };
}

/** Ids of the same kinds for things that do not exist. */
export function missingBelongings(belongings: Belongings): Belongings {
  const id = (type: string) => Buffer.from(`${type}:999999`).toString('base64');
  return {
    ...belongings,
    session: id('Session'),
    sessionId: 999_999,
    message: id('Message'),
    messageId: 999_999,
    run: id('Run'),
    node: id('AgentNode'),
    nodeId: 'nowhere',
    attachment: id('Attachment'),
    attachmentId: 999_999,
    grant: id('ToolGrant'),
  };
}

/** Replaces names and numbers in a response, so that responses about different things can be compared. */
export function withoutNames(answer: unknown): unknown {
  const text = JSON.stringify(answer).replaceAll(/laptop-\d+|nowhere/g, 'NAME');
  return JSON.parse(text.replaceAll(/\b\d+\b/g, '0'));
}
