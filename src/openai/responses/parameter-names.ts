import type { ParameterNames } from '../../dialect/errors/graphql-error.ts';

/** The `featureName` of the sessions that Responses makes. */
export const featureName = 'responses';

/** What Responses calls the inputs of GraphQL. */
export const names: ParameterNames = {
  'input.prompt': 'input',
  'input.history': 'input',
  'input.systemPrompt': 'instructions',
  'input.attachmentIds': 'input',
  'input.replyTo': 'previous_response_id',
  'input.settings.maxOutputTokens': 'max_output_tokens',
  'input.settings.reasoningEffort': 'reasoning.effort',
  'input.settings.responseSchema': 'text.format',
  'input.tools': 'tools',
  'input.requestId': 'Idempotency-Key',
};
