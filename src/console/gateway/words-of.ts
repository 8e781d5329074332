/** The message of a thrown value, to show to a person. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
