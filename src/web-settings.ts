import { z } from 'zod';

/** What the gateway lets pages and programs do that it does not know. */
export const webSettings = {
  INTROSPECTION: z
    .enum(['on', 'off'], 'must be on or off')
    .default('on')
    .meta({ description: 'Whether the GraphQL schema can be asked for; GraphiQL needs it.' }),
  PERSISTED_OPERATIONS: z.string().optional().meta({
    description:
      'A JSON file, {"<SHA-256 of the document>": "<document>"}: GraphQL takes these documents and no others.',
  }),
};

/** The doors of the gateway. */
export function toWeb(env: z.output<z.ZodObject<typeof webSettings>>) {
  return {
    introspection: env.INTROSPECTION === 'on',
    persistedOperations: env.PERSISTED_OPERATIONS,
  };
}
