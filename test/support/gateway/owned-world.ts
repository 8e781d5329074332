import { registerNode } from '../node/nodes.ts';
import { collect, follow } from './chat.ts';
import type { GatewayApi } from './gateway-api.ts';
import { adminJwt, signJwt } from './jwt.ts';

/** What alice has, by all the names that it goes by. */
export interface Belongings {
  userId: string;
  session: string;
  sessionId: number;
  message: string;
  messageId: number;
  run: string;
  node: string;
  nodeId: string;
}

/** Everybody who may come to a gateway, by their tokens. */
export interface Tokens {
  alice: string;
  bob: string;
  admin: string;
  /** The agent of a node of bob's. */
  node: string;
}

export async function createTokens(gateway: GatewayApi): Promise<Tokens> {
  const bob = await signJwt({ sub: 'bob' });
  const node = await registerNode(gateway.as(bob), 'bobs-laptop');
  return { alice: await signJwt({ sub: 'alice' }), bob, admin: await adminJwt('carol'), node };
}

let worlds = 0;

/** A session in which a prompt was answered, and a node attached to it, through the API. */
export async function createBelongings(gateway: GatewayApi, token: string): Promise<Belongings> {
  const api = gateway.as(token);
  worlds += 1;
  const nodeId = `laptop-${worlds}`;
  await registerNode(api, nodeId);
  const session = await api.createSession({ nodeIds: [nodeId] });
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
  };
}

/** The same names of things that there are not. */
export function nothingOf(belongings: Belongings): Belongings {
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
  };
}

/** What an answer tells, whatever the things that were asked for are called. */
export function nameless(answer: unknown): unknown {
  const text = JSON.stringify(answer).replaceAll(/laptop-\d+|nowhere/g, 'NAME');
  return JSON.parse(text.replaceAll(/\b\d+\b/g, '0'));
}
