/** Every argument and input field of GraphQL that a REST request sets. */
const names = [
  'answerTo',
  'askUser',
  'attachmentIds',
  'callId',
  'contextOverflow',
  'editOf',
  'expectedHead',
  'featureName',
  'inputSchema',
  'maxOutputTokens',
  'messageId',
  'modelName',
  'nodeId',
  'nodeIds',
  'onBusy',
  'providerName',
  'reasoningEffort',
  'requestId',
  'responseSchema',
  'runId',
  'sessionId',
  'sourceNodeId',
  'systemPrompt',
  'toolApproval',
  'userId',
];
const values = [
  ...['REJECT', 'INTERRUPT', 'ENQUEUE'],
  ...['AUTO', 'ASK', 'DENY'],
  ...['SUMMARISE', 'TRIM'],
  ...['ONCE', 'EXACT', 'TOOL'],
  ...['EMPTY', 'SERVER', 'NODE_LOCAL'],
  ...['OFF', 'LOW', 'MEDIUM', 'HIGH'],
];
const words = new RegExp(
  `"[^"]*"|\\b(?:${[...names, ...values].join('|')})\\b|\\binput\\.|\\bworkspace\\.`,
  'g',
);

/**
 * Writes a message of the GraphQL API with the names of the REST API: `input.requestId: expected …` becomes
 * `request_id: expected …`. What is quoted stays as it is, because a client chose it.
 */
export function restMessage(message: string): string {
  return message.replaceAll(words, (word) => {
    if (word.startsWith('"')) return word;
    if (word === 'input.') return '';
    if (word === 'workspace.') return 'config.';
    return values.includes(word) ? word.toLowerCase() : snakeCase(word);
  });
}

/** `sessionId` as `session_id`. */
export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
