import { encodeId, maxId } from '../../base/global-id.ts';
import {
  ReadBranchDocument,
  type ReadBranchQuery,
  type ReadBranchQueryVariables,
} from '../../gql/graphql.ts';
import { sha256Of } from '../input/client-file.ts';
import type { Exchange } from '../input/conversation.ts';
import { executeDocument } from '../route/execute.ts';
import type { ApiContext, ApiServices } from '../route/route.ts';

type BranchMessage = NonNullable<ReadBranchQuery['session']>['messages']['nodes'][number];

/**
 * Compares the branch that a session shows with what a client knows of the conversation, message by message.
 *
 * @returns The Relay id of the answer at which the client's history ends; undefined if the branch begins differently.
 */
export async function matchBranch(
  c: ApiContext,
  services: ApiServices,
  sessionId: string,
  exchanges: readonly Exchange[],
): Promise<string | undefined> {
  const wanted = exchanges.flatMap(({ prompt, answer }) => [
    (message: BranchMessage) => isPrompt(message, prompt),
    (message: BranchMessage) => isAnswer(message, answer),
  ]);
  let after: string | undefined;
  let last: string | undefined;
  for (let start = 0; start < wanted.length; ) {
    const first = Math.min(wanted.length - start, services.maxPageSize);
    const variables: ReadBranchQueryVariables = { id: sessionId, first, after };
    const { session }: ReadBranchQuery = await executeDocument(c, services, ReadBranchDocument, variables);
    const { nodes, pageInfo } = session?.messages ?? { nodes: [], pageInfo: undefined };
    if (nodes.length < first) return undefined;
    if (!nodes.every((message, index) => wanted[start + index]?.(message))) return undefined;
    last = nodes.at(-1)?.id;
    after = pageInfo?.endCursor ?? undefined;
    start += first;
  }
  return last;
}

function isPrompt(
  { role, status, content, attachments }: BranchMessage,
  { text, files }: Exchange['prompt'],
): boolean {
  if (role !== 'USER' || status !== 'COMPLETE' || content !== text) return false;
  return (
    files.length === attachments.length &&
    files.every((file, at) => sha256Of(file) === attachments[at]?.sha256)
  );
}

/** Many clients cut white space off the ends of an answer. */
function isAnswer({ role, status, content }: BranchMessage, answer: string): boolean {
  return role === 'ASSISTANT' && status === 'COMPLETE' && content.trim() === answer.trim();
}

/** The Relay id of the session that a header names: `conv_12` or `12`; undefined if it can be none. */
export function sessionIdOf(text: string): string | undefined {
  const [, digits] = /^(?:conv_)?([1-9]\d{0,9})$/.exec(text.trim()) ?? [];
  return digits === undefined || Number(digits) > maxId ? undefined : encodeId('Session', Number(digits));
}
