/** A tool that the clients of a session run. */
export interface ClientTool {
  name: string;
  /** What the tool does, for the model; may be empty. */
  description: string;
  /** The JSON Schema of the arguments, which are an object. */
  inputSchema: Record<string, unknown>;
}

/** What a prompt lets the model call besides the tools of nodes. */
export interface OfferedTools {
  clientTools: readonly ClientTool[];
  /** Whether the model may ask the user questions. */
  askUser: boolean;
}
