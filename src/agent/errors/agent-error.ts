/** The agent cannot start or may not go on. The message is for the person who started it. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly exitCode: number;

  /** @param exitCode Of the process: `exitCodes` says what each stands for. */
  constructor(message: string, exitCode: number = exitCodes.badOption, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** What the process ends with, besides 0 when it was told to stop. */
export const exitCodes = {
  /** An option, the policy or the workspace will not do. */
  badOption: 1,
  /**
   * The gateway does not want this agent: starting it again would not help. `EX_NOPERM` of sysexits.h, for a
   * service manager's list of codes after which it does not restart.
   */
  turnedAway: 77,
} as const;
