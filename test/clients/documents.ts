/** The documents that all examples use. */
export const createSession = 'mutation { createSession(input: {}) { id databaseId } }';

export const sendMessage = 'mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }';

const fields = `
  __typename
  seq
  ... on TextDelta { text }
  ... on ToolCallStarted { callId name args }
  ... on ToolCallFinished { callId status result }
  ... on RunCompleted { message { id content } }
  ... on RunFailed { code reason }
`;

export const chat = `subscription ($input: ChatInput!, $after: Int) { chat(input: $input, after: $after) { ${fields} } }`;

export const runEvents = `subscription ($runId: ID!, $after: Int) { runEvents(runId: $runId, after: $after) { ${fields} } }`;
