import { z } from 'zod';

/** A tool that nodes can run, as it is described to the model. */
export interface NodeTool {
  /** Also the name of the capability that a node must have. */
  name: string;
  description: string;
  /** True if it changes files or runs programs: then the session's `toolApproval` decides. */
  needsApproval: boolean;
  /** Its arguments, without the node. */
  args: z.ZodRawShape;
}

/** A path on the node. */
export const path = z
  .string()
  .min(1)
  .max(4_096)
  .describe('Relative to the workspace folder of the node, or absolute within it.');
