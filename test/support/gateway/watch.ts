import { expect } from 'vitest';
import type { GatewayApi, GraphQLAnswer } from './gateway-api.ts';

/** An event of `sessionEvents` or `viewerEvents`, with the fields that tests read. */
export interface SeenEvent {
  __typename: string;
  cursor: string;
  at: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  [field: string]: any;
}

const fields = `
  __typename cursor at
  ... on RunStarted { runId seq session { id } }
  ... on RunEnded { run { id status } session { id } }
  ... on ApprovalRequested { run { id } session { id title } callId toolCall { name args status } expiresAt }
  ... on ApprovalDecided { run { id } session { id } callId decision }
  ... on ToolAnswerRequested { run { id } session { id title status } callId toolCall { name args status } expiresAt }
  ... on ToolAnswerSettled { run { id } session { id } callId answered toolCall { result } }
  ... on SessionUpdated { session { id title } }
  ... on SessionDeleted { deletedSessionId }`;

const sessionDocument = `subscription ($sessionId: ID!, $after: String) {
  events: sessionEvents(sessionId: $sessionId, after: $after) { ${fields}
    ... on MessageAdded { message { role } }
    ... on SessionNodeChanged { nodeId }
  }
}`;

const viewerDocument = `subscription ($after: String) {
  events: viewerEvents(after: $after) { ${fields}
    ... on SessionCreated { session { id } }
    ... on NodeChanged { nodeId node { displayName } }
  }
}`;

export interface Watch extends AsyncDisposable {
  readonly seen: SeenEvent[];
  /** Resolves with all seen events when one of this type was seen, or so many. */
  until(wanted: string | number): Promise<SeenEvent[]>;
  /** Resolves when the gateway has ended the subscription. */
  readonly ended: Promise<void>;
}

/** Watches one session, or all of the viewer's. Without `after`, it is not known from when on: see `beginWatch`. */
export function watch(
  gateway: Pick<GatewayApi, 'client'>,
  { sessionId, after }: { sessionId?: string; after?: string | undefined },
): Watch {
  const seen: SeenEvent[] = [];
  const query = sessionId === undefined ? viewerDocument : sessionDocument;
  const events = gateway.client().iterate({ query, variables: { sessionId, after } });
  const ended = (async () => {
    for await (const result of events) {
      const { data, errors } = result as unknown as GraphQLAnswer;
      if (errors?.[0]) throw Object.assign(new Error(errors[0].message), errors[0].extensions);
      seen.push(data.events);
    }
  })();
  ended.catch(() => undefined);
  const isSeen = (wanted: string | number) =>
    typeof wanted === 'number' ? seen.length >= wanted : seen.some(({ __typename }) => __typename === wanted);
  return {
    seen,
    ended,
    async until(wanted) {
      await Promise.race([
        expect.poll(() => isSeen(wanted), { interval: 5 }).toBe(true),
        ended.then(() => expect(isSeen(wanted)).toBe(true)),
      ]);
      return seen;
    },
    async [Symbol.asyncDispose]() {
      await events.return?.();
    },
  };
}

/** Returns the cursor of an event behind which nothing has happened yet: from here on a test knows what must come. */
export async function beginWatch(gateway: GatewayApi, sessionId?: string): Promise<string> {
  await using watching = watch(gateway, sessionId === undefined ? {} : { sessionId });
  const update = 'mutation ($id: ID!) { updateSession(id: $id, input: {}) { id } }';
  const id = sessionId ?? (await gateway.createSession());
  await expect
    .poll(async () => {
      await gateway.query(update, { id });
      return watching.seen.length;
    })
    .toBeGreaterThan(0);
  // More of these events may be on their way. The last one is of another type.
  if (sessionId === undefined)
    await gateway.query('mutation ($id: ID!) { deleteSession(id: $id) { databaseId } }', { id });
  else await gateway.query('mutation ($id: ID!) { clearHistory(sessionId: $id) { id } }', { id });
  const seen = await watching.until(sessionId === undefined ? 'SessionDeleted' : 'HistoryCleared');
  return seen.at(-1)?.cursor ?? '';
}
