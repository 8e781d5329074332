import type { z } from 'zod';
import { maxCount, wholeNumber } from './setting-type.ts';

/** How large and how costly one request may be. */
export const requestSettings = {
  MAX_BODY_BYTES: wholeNumber(1, 1_073_741_824)
    .default(2_097_152)
    .meta({ description: 'Largest request body, in bytes.' }),
  MAX_AUDIO_BYTES: wholeNumber(1, 2_147_483_647)
    .default(26_214_400)
    .meta({ description: 'Largest recording, in bytes.' }),
  MAX_PAGE_SIZE: wholeNumber(1, 10_000)
    .default(100)
    .meta({ description: 'Most items in one page of a connection.' }),
  MAX_LIST_ITEMS: wholeNumber(1, maxCount)
    .default(10_000)
    .meta({ description: 'Most items in a REST list, which has no pages. A longer list is refused.' }),
  MAX_QUERY_TOKENS: wholeNumber(1, 1_000_000)
    .default(2_000)
    .meta({ description: 'Longest GraphQL document, in tokens.' }),
  MAX_QUERY_DEPTH: wholeNumber(1, 1_000)
    .default(15)
    .meta({ description: 'Deepest GraphQL document, counted in nested fields.' }),
  MAX_QUERY_ALIASES: wholeNumber(0, maxCount).default(30).meta({
    description:
      'Most aliases in a GraphQL document. Those in a fragment count each time the fragment is used.',
  }),
  MAX_QUERY_DIRECTIVES: wholeNumber(0, maxCount)
    .default(50)
    .meta({ description: 'Most directives in a GraphQL document.' }),
  MAX_QUERY_COST: wholeNumber(1, maxCount).default(60_000).meta({
    description:
      'Highest cost of a GraphQL query or mutation: about the number of fields that its result has if every page is full.',
  }),
  MAX_SUBSCRIPTION_COST: wholeNumber(1, maxCount).default(5_000).meta({
    description:
      'Highest cost of a GraphQL subscription, which is executed for each event and each follower.',
  }),
  MAX_MUTATION_FIELDS: wholeNumber(1, maxCount)
    .default(10)
    .meta({ description: 'Most root fields of a GraphQL mutation.' }),
  MAX_RESPONSE_BYTES: wholeNumber(1_000, 268_435_456).default(20_971_520).meta({
    description: 'Largest result of a GraphQL operation, or of one event of a subscription, in bytes.',
  }),
};

export function toRequestSizes(env: z.output<z.ZodObject<typeof requestSettings>>) {
  return {
    maxBodyBytes: env.MAX_BODY_BYTES,
    maxAudioBytes: env.MAX_AUDIO_BYTES,
    maxPageSize: env.MAX_PAGE_SIZE,
    maxListItems: env.MAX_LIST_ITEMS,
    maxQueryTokens: env.MAX_QUERY_TOKENS,
    maxQueryDepth: env.MAX_QUERY_DEPTH,
    maxQueryAliases: env.MAX_QUERY_ALIASES,
    maxQueryDirectives: env.MAX_QUERY_DIRECTIVES,
    maxQueryCost: env.MAX_QUERY_COST,
    maxSubscriptionCost: env.MAX_SUBSCRIPTION_COST,
    maxMutationFields: env.MAX_MUTATION_FIELDS,
    maxResponseBytes: env.MAX_RESPONSE_BYTES,
  };
}
