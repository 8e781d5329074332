import type { GraphiQLOptions } from 'graphql-yoga';

// Lines of 48 characters at most: that is what the pane shows on a small screen.

/** What the first tab shows. */
export const firstQuery = `# 1. Create a session: click the pink button.
#    The tab "Chat" sends it a prompt.

mutation CreateSession {
  createSession(
    input: { title: "My first chat" }
  ) {
    id
    databaseId
    title
  }
}
`;

const chat = `# 2. Send a prompt and watch the answer arrive.
#    The pane on the right shows the newest run
#    event; the last one holds the whole answer.
#
#    Change the prompt below, under "Variables".
#    sessionId is the id that tab 1 gave you.

subscription Chat($input: ChatInput!) {
  chat(input: $input) {
    __typename
    seq
    ... on ReasoningDelta { text }
    ... on TextDelta { text }
    ... on ToolCallStarted { name args }
    ... on ToolApprovalRequested {
      runId callId name args
    }
    ... on ToolOutputDelta { text }
    ... on ToolCallFinished { name result }
    ... on TerminalRunEvent {
      message { status content }
      usage { inputTokens outputTokens }
    }
    ... on RunFailed { code reason }
  }
}
`;

const read = `# 3. Read what was said, and what it used.

query Sessions {
  sessions(first: 5) {
    edges {
      node {
        id
        title
        messages(last: 10) {
          edges {
            node { role status content }
          }
        }
        tokenUsage {
          totalTokens
          contextTokens
          contextLimit
        }
      }
    }
  }
  models {
    providerName
    modelName
    isDefault
  }
}
`;

/** The session that the first mutation on a fresh gateway creates: `Session:1`. */
const firstSession = Buffer.from('Session:1').toString('base64');
// Without a requestId, which would have to change whenever the prompt does; with onBusy, which the editor marks
// as missing although it has a default.
const input = { sessionId: firstSession, prompt: 'Hello! What can you do?', onBusy: 'ENQUEUE' };

/** GraphiQL with a chat ready to be tried. */
export const graphiqlOptions: GraphiQLOptions = {
  title: 'Switchyard',
  method: 'POST',
  defaultTabs: [
    { query: firstQuery },
    { query: chat, variables: JSON.stringify({ input }, null, 2) },
    { query: read },
  ],
};
