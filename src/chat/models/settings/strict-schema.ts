/**
 * Whether a JSON schema keeps the rules of OpenAI's strict mode, in which the model cannot leave the schema: every object
 * lists all of its properties as required and allows no others. OpenAI refuses another schema in strict mode.
 *
 * Source: OpenAI's guide to structured outputs.
 */
export function isStrictSchema(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isStrictSchema);
  if (typeof schema !== 'object' || schema === null) return true;
  const { type, properties, required, additionalProperties } = schema as Record<string, unknown>;
  const isObject = type === 'object' || (typeof properties === 'object' && properties !== null);
  if (isObject) {
    const names = Object.keys(properties ?? {});
    const isRequired = (name: string) => Array.isArray(required) && required.includes(name);
    if (additionalProperties !== false || !names.every(isRequired)) return false;
  }
  return Object.values(schema).every(isStrictSchema);
}
