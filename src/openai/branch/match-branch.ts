import { isOfClient } from '../../dialect/answer/awaited-calls.ts';
import { callsOf } from '../../dialect/input/answer-parts.ts';
import { sha256Of } from '../../dialect/input/client-file.ts';
import type { Exchange } from '../../dialect/input/conversation.ts';
import { writeCallId } from '../../dialect/route/call-ids.ts';
import { executeDocument } from '../../dialect/route/execute.ts';
import type { ApiContext, ApiServices } from '../../dialect/route/route.ts';
import {
  ReadBranchDocument,
  type ReadBranchQuery,
  type ReadBranchQueryVariables,
} from '../../gql/graphql.ts';

type BranchMessage = NonNullable<ReadBranchQuery['session']>['messages']['nodes'][number];

/**
 * Compares the branch that a session shows with what a client knows of the conversation, message by message.
 *
 * @param prompt A prompt behind the exchanges that the branch must have, too.
 * @returns The Relay id of the message at which the client's history ends; undefined if the branch begins differently.
 */
export async function matchBranch(
  c: ApiContext,
  services: ApiServices,
  sessionId: string,
  exchanges: readonly Exchange[],
  prompt?: Exchange['prompt'],
): Promise<string | undefined> {
  const wanted = exchanges.flatMap((exchange) => [
    (message: BranchMessage) => isPrompt(message, exchange.prompt),
    (message: BranchMessage) => isAnswer(message, exchange),
  ]);
  if (prompt) wanted.push((message) => isPrompt(message, prompt));
  const withCalls = exchanges.some(({ parts }) => callsOf(parts).length > 0);
  let after: string | undefined;
  let last: string | undefined;
  for (let start = 0; start < wanted.length; ) {
    const first = Math.min(wanted.length - start, services.maxPageSize);
    const variables: ReadBranchQueryVariables = { id: sessionId, first, after, withCalls };
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
function isAnswer(message: BranchMessage, { answer, parts }: Exchange): boolean {
  const { role, status, content } = message;
  if (role !== 'ASSISTANT' || status !== 'COMPLETE') return false;
  // A session that was made with this history has the calls in words.
  if (content.trim() === answer.trim()) return true;
  return hasSameCalls(message, parts) && isSameText(content, parts);
}

/** Calls of tools on nodes are not shown to the client. */
function hasSameCalls({ run, toolCalls = [] }: BranchMessage, parts: Exchange['parts']): boolean {
  const stored = toolCalls.filter(isOfClient);
  const told = callsOf(parts);
  return (
    told.length > 0 &&
    told.length === stored.length &&
    told.every(({ id, result }, index) => {
      const call = stored[index];
      return call && run && id === writeCallId(run.databaseId, call.callId) && result === call.result;
    })
  );
}

/** Whether the texts before, between and behind the calls are those of an answer, but for white space. */
export function isSameText(content: string, parts: Exchange['parts']): boolean {
  const told = parts.map((part) => (part.type === 'text' ? part.text : '')).join(' ');
  return withoutSpace(told) === withoutSpace(content);
}

function withoutSpace(text: string): string {
  return text.replaceAll(/\s+/g, '');
}
