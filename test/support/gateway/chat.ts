import type { Client } from 'graphql-sse';
import type { GraphQLAnswer } from './gateway-api.ts';

/** A run event with the fields that tests read. */
export interface SeenRunEvent {
  __typename: string;
  seq: number;
  runId: string;
  text?: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  [field: string]: any;
}

const fields = `
  __typename seq runId
  ... on RunStarted { assistantMessageId run { id status } userMessage { content } session { id } }
  ... on RunResumed { textOffset reasoningOffset content resumedReasoning: reasoning }
  ... on ContextTrimmed { omittedMessages shortenedResults }
  ... on ContextCompactionStarted { omittedMessages }
  ... on ContextCompacted { summary omittedMessages isNew throughMessage { id } }
  ... on ModelRetryScheduled { at attempt code reason dueAt }
  ... on RunPaused { limit reason until }
  ... on ReasoningDelta { text }
  ... on TextDelta { text }
  ... on ToolCallStarted { callId name args nodeId textOffset reasoningOffset node { nodeId } }
  ... on ToolApprovalRequested { at callId name args nodeId node { displayName } expiresAt }
  ... on ToolApprovalDecided { callId decision reason decidedBy byGrant changedArgs }
  ... on ClientToolRequested { callId name args expiresAt }
  ... on ToolOutputDelta { callId text }
  ... on ToolCallFinished { callId name status result errorCode exitCode stopped }
  ... on PromptSteered { answerId textOffset reasoningOffset message { content } }
  ... on UsageReported {
    usage { inputTokens outputTokens reasoningTokens cachedInputTokens cacheWriteInputTokens measured }
    step { inputTokens outputTokens reasoningTokens cachedInputTokens cacheWriteInputTokens measured }
  }
  ... on HistoryGap { fromSeq toSeq }
  ... on TerminalRunEvent {
    message { id status content reasoning tokenCount toolCalls { callId name args status result } }
    usage { providerName modelName inputTokens outputTokens reasoningTokens totalTokens measured }
  }
  ... on RunCancelled { cause }
  ... on RunFailed { code reason retryAt }
`;

export const chatDocument = `subscription Chat($input: ChatInput!, $after: Int) {
  chat(input: $input, after: $after) { ${fields} }
}`;

export const runEventsDocument = `subscription RunEvents($runId: ID!, $after: Int) {
  runEvents(runId: $runId, after: $after) { ${fields} }
}`;

export interface ChatVariables {
  sessionId: string;
  prompt?: string;
  editOf?: string | undefined;
  answerTo?: string | undefined;
  expectedHead?: string | undefined;
  requestId?: string;
  onBusy?: 'REJECT' | 'INTERRUPT' | 'ENQUEUE' | 'STEER';
  providerName?: string;
  modelName?: string;
  attachmentIds?: string[];
  tools?: object[] | null;
  askUser?: boolean;
  settings?: object;
}

/** Sends a prompt. Returns the run events as they come. Leaving the loop early disconnects. */
export function chat(
  client: Client<boolean>,
  input: ChatVariables,
  after?: number,
): AsyncGenerator<SeenRunEvent> {
  return runEventsOf(client, { query: chatDocument, variables: { input, after } });
}

/** Follows a run. Returns its run events after the cursor `after` as they come. */
export function follow(client: Client<boolean>, runId: string, after?: number): AsyncGenerator<SeenRunEvent> {
  return runEventsOf(client, { query: runEventsDocument, variables: { runId, after } });
}

async function* runEventsOf(
  client: Client<boolean>,
  operation: { query: string; variables: Record<string, unknown> },
): AsyncGenerator<SeenRunEvent> {
  for await (const result of client.iterate(operation)) {
    const { data, errors } = result as unknown as GraphQLAnswer;
    if (errors?.[0]) throw Object.assign(new Error(errors[0].message), errors[0].extensions);
    yield data.chat ?? data.runEvents;
  }
}

/** Reads to the end. Returns all run events. */
export async function collect(seen: AsyncIterable<SeenRunEvent>): Promise<SeenRunEvent[]> {
  const all: SeenRunEvent[] = [];
  for await (const event of seen) all.push(event);
  return all;
}

/** Reads until a run event of this type, whose text ends with `text`, and disconnects. Returns all that was read. */
export async function until(
  seen: AsyncGenerator<SeenRunEvent>,
  typename: string,
  text?: string,
): Promise<SeenRunEvent[]> {
  const all: SeenRunEvent[] = [];
  for await (const event of seen) {
    all.push(event);
    if (event.__typename === typename && (text === undefined || event.text?.endsWith(text))) break;
  }
  return all;
}

/** The text of an answer, joined from its deltas. */
export function textOf(seen: SeenRunEvent[]): string {
  return seen.map((event) => (event.__typename === 'TextDelta' ? event.text : '')).join('');
}
