import { z } from 'zod';
import type { ClientToolInput } from '../../gql/graphql.ts';

const schema = z.record(z.string(), z.unknown(), 'expected a JSON Schema');

/** A tool of a frontend. Clients call the schema of its arguments by both names. */
export const describedTool = z.looseObject({
  description: z.string('expected a text').nullish(),
  parameters: schema.nullish(),
  inputSchema: schema.nullish(),
});

/** The tools as a prompt takes them; null: none. */
export function clientToolsOf(
  tools: readonly (z.output<typeof describedTool> & { name: string })[],
): ClientToolInput[] | null {
  if (tools.length === 0) return null;
  return tools.map(({ name, description, parameters, inputSchema }) => ({
    name,
    description,
    // A tool without a schema takes no arguments.
    inputSchema: { type: 'object', ...(inputSchema ?? parameters) },
  }));
}
