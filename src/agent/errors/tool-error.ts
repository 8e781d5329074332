/** Why a tool did not do what it was asked for; those values of GraphQL's `ToolErrorCode` that an agent reports. */
export type AgentErrorCode = 'BAD_ARGUMENTS' | 'POLICY' | 'FAILED';

/** A tool call that fails. The message is told to the model. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
  readonly errorCode: AgentErrorCode;

  constructor(errorCode: AgentErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.errorCode = errorCode;
  }
}
