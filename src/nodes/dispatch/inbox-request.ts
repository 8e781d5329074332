/** What an agent says about itself when it opens its inbox. */
export interface InboxRequest {
  capabilities: string[];
  maxDispatches: number;
  /** Whether the agent answers `CheckDispatch`. */
  checksCalls?: boolean | null | undefined;
  /** Whether the agent keeps the files of shared workspaces the same. */
  syncsWorkspaces?: boolean | null | undefined;
  agentVersion?: string | null | undefined;
  platform?: string | null | undefined;
  instanceId: string;
  /** The ids of dispatches that it runs, or has finished and not yet reported. */
  running: string[];
  /** The `seq` of the newest command it has seen. It counts only together with the `epoch` it was seen in. */
  after?: number | null | undefined;
  epoch?: string | null | undefined;
}
