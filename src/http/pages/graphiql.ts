import type { GraphiQLOptions } from 'graphql-yoga';

// On a small screen the pane shows 48 characters of a line, so no line is longer.

/** The content of the first tab. */
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
#    event, and below it the answer so far.
#
#    Change the prompt below, under "Variables".
#    sessionId is the session that tab 1 made.

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
    ... on RunCompleted {
      message { status content }
      usage { inputTokens outputTokens }
    }
    ... on RunCancelled {
      message { status content }
    }
    ... on RunFailed {
      code reason
      message { status content }
    }
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

/** Stands for the id of a session in the variables of the tab "Chat". The page replaces it when tab 1 has run. */
export const sessionPlaceholder = 'run tab 1 first';

// `requestId` is left out, because it would have to change with every new prompt. `onBusy` is given, because the editor
// marks it as missing although it has a default.
const input = { sessionId: sessionPlaceholder, prompt: 'Hello! What can you do?', onBusy: 'ENQUEUE' };

/** Opens GraphiQL with three tabs: create a session, chat, read. */
export const graphiqlOptions: GraphiQLOptions = {
  title: 'Switchyard',
  method: 'POST',
  defaultTabs: [
    { query: firstQuery },
    { query: chat, variables: JSON.stringify({ input }, null, 2) },
    { query: read },
  ],
};
