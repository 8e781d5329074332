import type { GraphiQLOptions } from 'graphql-yoga';

const createSession = `# 1. Create a session. The next tab chats in it: give it the id that comes back.
#    (Subscriptions show one run event after the other; the last one holds the whole answer.)

mutation CreateSession {
  createSession(input: { title: "My first chat" }) {
    id
    databaseId
    title
  }
}
`;

const chat = `# 2. Send a prompt and watch the answer arrive. Send it again with the same requestId,
#    and you follow the same run: no prompt is asked (or billed) twice.

subscription Chat($input: ChatInput!) {
  chat(input: $input) {
    __typename
    seq
    runId
    ... on ReasoningDelta { text }
    ... on TextDelta { text }
    ... on ToolCallStarted { callId name args }
    ... on ToolCallFinished { callId status result }
    ... on TerminalRunEvent {
      message { content status }
      usage { inputTokens outputTokens measured }
    }
    ... on RunFailed { code reason }
  }
}
`;

const read = `# 3. Read what was said, and what it cost.

query Sessions {
  sessions(first: 5) {
    edges {
      node {
        id
        title
        tokenUsage { totalTokens contextTokens contextLimit percentage }
        messages(last: 10) {
          edges { node { role status content } }
        }
      }
    }
  }
  models { providerName modelName contextLimit isDefault }
}
`;

/** The session that the first mutation on a fresh gateway creates: `Session:1`. */
const firstSession = Buffer.from('Session:1').toString('base64');
const input = { sessionId: firstSession, prompt: 'Hello! What can you do?', requestId: 'my-first-prompt' };

/** GraphiQL with a chat ready to be tried. */
export const graphiqlOptions: GraphiQLOptions = {
  title: 'Switchyard',
  method: 'POST',
  defaultTabs: [
    { query: createSession },
    { query: chat, variables: JSON.stringify({ input }, null, 2) },
    { query: read },
  ],
};

/** Everything the page needs is in it, so that it works without the internet: 9 MB, read when first asked for. */
export async function renderGraphiQL(options: GraphiQLOptions): Promise<string> {
  const page = await import('@graphql-yoga/render-graphiql');
  return page.renderGraphiQL(options);
}
