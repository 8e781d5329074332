/** The name of a model without the date of its version: `claude-haiku-4-5` for `claude-haiku-4-5-20251001`. */
export function modelFamily(modelName: string): string {
  return modelName.replace(/-(?:latest|\d{4}-?\d{2}-?\d{2})$/, '');
}
