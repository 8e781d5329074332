/** The agent cannot start, or must not go on. The message is for the person who started it. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly exitCode: number;

  /** @param exitCode The exit code of the process, one of `exitCodes`. Default: `badOption`. */
  constructor(message: string, exitCode: number = exitCodes.badOption, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The exit codes of an agent that fails. An agent that was told to stop exits with 0. */
export const exitCodes = {
  /** An option, the policy or the workspace is not valid. */
  badOption: 1,
  /**
   * The gateway refuses this agent, so a restart would not help. The number is `EX_NOPERM` of sysexits.h: a
   * service manager can list it as an exit code after which it does not restart the agent.
   */
  turnedAway: 77,
} as const;
