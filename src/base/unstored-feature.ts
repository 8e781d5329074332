/**
 * The feature of sessions that go with their answer (`store: false` of OpenAI). The gateway deletes one in which nothing goes
 * on any more, because its client may never come back.
 */
export const unstoredFeature = 'not-stored';
