/**
 * The feature of sessions that go with their answer (`store: false` of OpenAI). The gateway deletes one in which nothing goes
 * on any more, because its client may never come back. Clients of GraphQL and REST choose names of features freely, so this
 * is one that nobody chooses by chance.
 */
export const unstoredFeature = 'openai:not-stored';
