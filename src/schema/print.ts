import { writeFileSync } from 'node:fs';
import { isAbstractType, lexicographicSortSchema, printSchema } from 'graphql';
import { schema } from './index.ts';

const sorted = lexicographicSortSchema(schema);

/** The content of `schema.graphql`. */
export const printedSchema = `${printSchema(sorted)}\n`;

/** The object types of each interface and union, in the form of Apollo Client’s `possibleTypes`. */
const possibleTypes: Record<string, string[]> = Object.fromEntries(
  Object.values(sorted.getTypeMap())
    .filter(isAbstractType)
    .map((type) => [type.name, sorted.getPossibleTypes(type).map(({ name }) => name)]),
);

/** The content of `src/client/possibleTypes.json`, which the package exports. */
export const printedPossibleTypes = `${JSON.stringify(possibleTypes, null, 2)}\n`;

if (import.meta.filename === process.argv[1]) {
  writeFileSync('schema.graphql', printedSchema);
  writeFileSync('src/client/possibleTypes.json', printedPossibleTypes);
}
