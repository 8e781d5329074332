/** The gateway cannot start. The message tells the operator what is wrong and what would be right. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}
