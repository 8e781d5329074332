import type { AuthenticateUser } from '../../identity/authenticate-user.ts';
import type { StreamTicket, StreamTickets } from '../../identity/stream-tickets.ts';
import { unauthenticated } from '../../identity/unauthenticated.ts';
import { anonymous, type Viewer } from '../../identity/viewer.ts';
import type { NodeIdentity } from '../../nodes/presence/connected-nodes.ts';
import { nodeTokenPrefix, type Registry } from '../../nodes/registry.ts';
import { factsOf } from './request-facts.ts';

/** The sender of a request: a user, a node, or somebody with a stream ticket of a user. */
export type Identity =
  | { readonly viewer: Viewer; readonly agentNode: null; readonly ticket?: undefined }
  | { readonly viewer: null; readonly agentNode: NodeIdentity; readonly ticket?: undefined }
  | { readonly viewer: null; readonly agentNode: null; readonly ticket: StreamTicket };

/**
 * Finds the sender of a request. The token of a request is looked up once, however often this is called.
 *
 * @throws GatewayError UNAUTHENTICATED, IDENTITY_UNAVAILABLE.
 */
export type Identify = (request: Request) => Promise<Identity>;

export interface IdentifyOptions {
  /** Undefined: every user is `anonymous` and may do everything (`AUTH=none`). */
  authenticateUser: AuthenticateUser | undefined;
  registry: Registry;
  tickets: StreamTickets;
}

export function createIdentify(options: IdentifyOptions): Identify {
  const known = new WeakMap<Request, Promise<Identity>>();
  return (request) => {
    const identity = known.get(request) ?? identifyAndNote(request, options);
    known.set(request, identity);
    return identity;
  };
}

async function identifyAndNote(request: Request, options: IdentifyOptions): Promise<Identity> {
  const identity = await identify(request, options);
  const { viewer, agentNode, ticket } = identity;
  const facts = factsOf(request);
  facts.userId = (agentNode ?? viewer ?? ticket.viewer).userId;
  if (agentNode) facts.nodeId = agentNode.nodeId;
  return identity;
}

/**
 * A key for the sender, which differs from the key of every other user and node. It is the same on all gateways that
 * count requests together in Redis, so it has no id of a row. It is JSON, because names may have
 * spaces. A ticket counts for its user.
 */
export function senderKey({ viewer, agentNode, ticket }: Identity): string {
  if (agentNode) return JSON.stringify([agentNode.userId, agentNode.nodeId]);
  return JSON.stringify([(viewer ?? ticket.viewer).userId]);
}

async function identify(request: Request, options: IdentifyOptions): Promise<Identity> {
  const { authenticateUser, registry, tickets } = options;
  const token = bearerToken(request);
  const ticket = token === undefined ? ticketOf(request) : undefined;
  if (ticket !== undefined) return { viewer: null, agentNode: null, ticket: await tickets.check(ticket) };
  if (token?.startsWith(nodeTokenPrefix)) {
    return { viewer: null, agentNode: await authenticateNode(token, registry) };
  }
  if (authenticateUser === undefined) return { viewer: anonymous, agentNode: null };
  if (token === undefined) {
    throw unauthenticated('Say who you are: send a token as `Authorization: Bearer …`.');
  }
  return { viewer: await authenticateUser(token), agentNode: null };
}

async function authenticateNode(token: string, registry: Registry): Promise<NodeIdentity> {
  const node = await registry.authenticate(token);
  if (node) return node;
  throw unauthenticated(
    'The token belongs to no node: it was replaced or mistyped, or its node was deleted.',
  );
}

/** The token that a request carries in its header `Authorization`. */
export function bearerToken(request: Request): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(request.headers.get('authorization') ?? '')?.[1];
}

/** The paths whose streams an EventSource can open with a ticket. */
const streamPath = /^\/(graphql\/stream|api\/v1\/sessions\/[^/]+\/chat\/?)$/;

/** The stream ticket in the URL. Anywhere but at a stream that is opened with GET, the parameter means nothing. */
function ticketOf({ method, url }: Request): string | undefined {
  if (method !== 'GET' || !url.includes('ticket=')) return undefined;
  const { pathname, searchParams } = new URL(url);
  return streamPath.test(pathname) ? (searchParams.get('ticket') ?? undefined) : undefined;
}
