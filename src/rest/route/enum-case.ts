/** Converts a GraphQL enum value to REST's spelling, such as `COMPLETE` to `complete`. */
export function lowerCase<T extends string>(value: T): Lowercase<T> {
  return value.toLowerCase() as Lowercase<T>;
}

/** `lowerCase` for a value that may be missing. */
export function lowerCaseOrNull<T extends string>(value: T | null | undefined): Lowercase<T> | null {
  return value ? lowerCase(value) : null;
}

/** Converts a REST choice to GraphQL's enum value, such as `enqueue` to `ENQUEUE`. */
export function upperCase<T extends string>(value: T): Uppercase<T> {
  return value.toUpperCase() as Uppercase<T>;
}
