import { z } from 'zod';
import { shorten } from '../../base/cut-text.ts';
import { wellFormedText } from '../../base/well-formed-text.ts';
import { GatewayError } from '../../errors.ts';
import { changesSchema } from '../../sync/change.ts';
import { sha256 } from '../../sync/entry.ts';
import { type AgentReport, folderStates } from '../../sync/remote.ts';

/** The most chunks that one request may name. */
const maxChunks = 10_000;

export const chunksInput = z.object({ chunks: z.array(sha256).max(maxChunks) });

export const revisionInput = z
  .string()
  .regex(/^\d{1,9}$/, 'expected a revision')
  .transform(Number);

export const changesInput = changesSchema.refine(
  ({ changes }) => new Set(changes.map(({ path }) => path)).size === changes.length,
  { path: ['changes'], message: 'expected each path once' },
);

const count = z.number().int().min(0).max(2_147_483_647);
const bytes = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
const sentence = wellFormedText.max(10_000);

export const reportInput: z.ZodType<AgentReport> = z.object({
  status: z.enum(['SYNCING', 'SYNCED', 'ERROR']),
  revision: count,
  manifestHash: sha256.nullable(),
  filesDone: count,
  filesTotal: count,
  bytesDone: bytes,
  bytesTotal: bytes,
  error: sentence.nullable(),
  skipped: z.array(z.object({ path: sentence, reason: sentence })).max(100),
  // Agents of earlier versions do not say these.
  folderState: z.enum(folderStates).optional(),
  agent: z.object({ instanceId: z.string().min(1).max(200), maxResultBytes: count.min(1) }).optional(),
});

/**
 * Checks what an agent has sent.
 *
 * @param name Of the parameter, where it is not a body.
 * @throws GatewayError BAD_USER_INPUT that names the field.
 */
export function parseInput<Output>(schema: z.ZodType<Output>, value: unknown, name?: string): Output {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = shorten([...(name === undefined ? [] : [name]), ...(issue?.path ?? [])].join('.'), 200);
  throw new GatewayError('BAD_USER_INPUT', `${field}: ${issue?.message ?? 'not valid'}.`, { field });
}
