import { builder } from './builder.ts';

/** Makes an enum. The keys of the table are its values, and the texts are their descriptions. */
export function enumFromTable<Code extends string>(
  name: string,
  description: string,
  table: Readonly<Record<Code, string>>,
) {
  const entries = Object.entries<string>(table).map(([code, description]) => [code, { description }]);
  const values = Object.fromEntries(entries) as Record<Code, { description: string }>;
  return builder.enumType(name, { description, values });
}
