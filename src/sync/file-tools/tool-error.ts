/** Why a tool call failed: those values of GraphQL's `ToolErrorCode` that an agent reports itself. */
export type AgentErrorCode = 'BAD_ARGUMENTS' | 'POLICY' | 'FAILED';

/** A tool call failed. The model gets the message as the result. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
  readonly errorCode: AgentErrorCode;

  constructor(errorCode: AgentErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.errorCode = errorCode;
  }
}
