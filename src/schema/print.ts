import { writeFileSync } from 'node:fs';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { schema } from './index.ts';

/** The content of `schema.graphql`. */
export const printedSchema = `${printSchema(lexicographicSortSchema(schema))}\n`;

if (import.meta.filename === process.argv[1]) writeFileSync('schema.graphql', printedSchema);
