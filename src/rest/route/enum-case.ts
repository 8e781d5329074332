/** Converts a GraphQL enum value to REST's spelling, such as `COMPLETE` to `complete`. */
export function lowerCase<T extends string>(value: T): Lowercase<T> {
  return value.toLowerCase() as Lowercase<T>;
}

/** Converts a REST choice to GraphQL's enum value, such as `enqueue` to `ENQUEUE`. */
export function upperCase<T extends string>(value: T): Uppercase<T> {
  return value.toUpperCase() as Uppercase<T>;
}
