/** Whether an error has one of these codes, for example `ENOENT`. Errors of other realms (`node:vm`) count too. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes(codeOf(error));
}

/** The `code` of an error of Node.js or of the operating system; empty for other errors. */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
