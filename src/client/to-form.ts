import type { Operation } from './request.ts';

/**
 * The form that carries an operation with files among its variables, as the GraphQL multipart request specification
 * describes. Undefined where no variable is or contains a file.
 */
export function toForm({ query, variables }: Operation): FormData | undefined {
  const files: [path: string, file: Blob][] = [];
  const without = takeFiles(variables, 'variables', files);
  if (files.length === 0) return undefined;
  const form = new FormData();
  form.set('operations', JSON.stringify({ query, variables: without }));
  form.set('map', JSON.stringify(Object.fromEntries(files.map(([path], index) => [index, [path]]))));
  for (const [index, [, file]] of files.entries()) form.set(String(index), file);
  return form;
}

/** A copy that has null in place of each file. */
function takeFiles(value: unknown, path: string, files: [path: string, file: Blob][]): unknown {
  if (value instanceof Blob) {
    files.push([path, value]);
    return null;
  }
  if (Array.isArray(value)) return value.map((each, index) => takeFiles(each, `${path}.${index}`, files));
  if (!isPlain(value)) return value;
  const entries = Object.entries(value).map(([name, each]) => [
    name,
    takeFiles(each, `${path}.${name}`, files),
  ]);
  return Object.fromEntries(entries);
}

/** Other objects, such as dates, know themselves how they are written as JSON. */
function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
