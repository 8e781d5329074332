import { createHash } from 'node:crypto';
import type { TestGateway } from '../gateway/gateway.ts';

/** A message that has a recording. */
export interface Recorded {
  /** The path of the download, to be appended to the gateway's URL. */
  path: string;
  messageId: number;
  sha256: string;
}

/** Creates a message in a new session. Returns its database id. */
export async function createMessage(gateway: TestGateway): Promise<number> {
  const sessionId = await gateway.createSession();
  const send = 'mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }';
  const { errors } = await gateway.graphql(send, { input: { sessionId, prompt: 'Listen' } });
  if (errors) throw new Error(errors[0]?.message);
  const read =
    'query ($id: ID!) { node(id: $id) { ... on Session { messages(first: 1) { edges { node { databaseId } } } } } }';
  const { data } = await gateway.graphql(read, { id: sessionId });
  return data.node.messages.edges[0].node.databaseId;
}

/** Stores a recording for a message. Default: for a new message. */
export async function record(
  gateway: TestGateway,
  bytes: Buffer,
  options: { filename?: string | null; messageId?: number } = {},
): Promise<Recorded> {
  const { filename = 'memo.wav', messageId = await createMessage(gateway) } = options;
  async function* chunks() {
    yield bytes;
  }
  await gateway.services.audio.upload(messageId, { filename, bytes: chunks() });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { path: `/api/v1/sessions/messages/${messageId}/audio`, messageId, sha256 };
}
