import { z } from 'zod';

/** A tool that nodes run, as the model is told of it. */
export interface NodeTool {
  /** Also the capability that a node must have. */
  name: string;
  description: string;
  /** Whether it changes anything or runs a program: then the session's `toolApproval` decides. */
  needsApproval: boolean;
  /** Its arguments, besides the node. */
  args: z.ZodRawShape;
}

/** A path on the node. */
export const path = z
  .string()
  .min(1)
  .max(4_096)
  .describe('Relative to the workspace folder of the node, or absolute within it.');
