import type { Run } from '../../../generated/prisma/client.ts';
import type { Reader, Writer } from '../../../storage/statements/statement.ts';
import {
  insertToolSet,
  toolSetByHash,
  toolSetById,
  toolsOfPrompt,
} from '../../../storage/statements/tool-sets.ts';
import { addSessionBytes } from '../../../storage/statements/uploads.ts';
import { argsHash } from '../grants/args-hash.ts';
import type { ClientTool, OfferedTools } from './client-tool.ts';

/** What a prompt says about tools. Undefined: nothing. */
export interface GivenTools {
  tools?: readonly ClientTool[] | undefined;
  askUser?: boolean | null | undefined;
}

/** What is stored with the run of a prompt. */
export type StoredTools = Pick<Run, 'toolSetId' | 'askUser'>;

/** The most bytes by which storing the tools of a prompt makes a session grow. */
export function bytesOfTools(tools: readonly ClientTool[] | undefined): number {
  return tools?.length ? Buffer.byteLength(JSON.stringify(tools)) : 0;
}

/**
 * Stores the tools of a prompt, within the transaction that opens its run and has locked the session. A prompt that is
 * answered once more keeps the tools that it was answered with, as far as nothing else is asked for.
 *
 * @param options `askUser`: what the session says.
 * @returns Also the bytes by which the session has grown.
 */
export async function storeTools(
  tx: Writer,
  { tools, askUser }: GivenTools,
  { sessionId, answerTo, ...session }: { sessionId: number; answerTo: number | undefined; askUser: boolean },
): Promise<StoredTools & { grown: number }> {
  const known = answerTo === undefined ? undefined : await tx.get(toolsOfPrompt, [answerTo]);
  const asks = askUser ?? known?.askUser ?? session.askUser;
  if (tools === undefined) return { toolSetId: known?.toolSetId ?? null, askUser: asks, grown: 0 };
  if (tools.length === 0) return { toolSetId: null, askUser: asks, grown: 0 };
  const hash = argsHash(tools);
  const same = await tx.get(toolSetByHash, [sessionId, hash]);
  if (same) return { toolSetId: same.id, askUser: asks, grown: 0 };
  const made = await tx.get(insertToolSet, [sessionId, hash, JSON.stringify(tools)]);
  const grown = bytesOfTools(tools);
  await tx.get(addSessionBytes, [grown, sessionId]);
  return { toolSetId: made?.id ?? null, askUser: asks, grown };
}

/** Whether a prompt that is sent again asks for the tools of its run. What it leaves out is as it was. */
export async function hasSameTools(
  statements: Reader,
  run: Pick<Run, 'toolSetId' | 'askUser' | 'answersAgain'>,
  { tools, askUser }: GivenTools,
): Promise<boolean> {
  if (askUser != null && askUser !== run.askUser) return false;
  if (tools === undefined) return run.toolSetId === null || run.answersAgain;
  if (run.toolSetId === null) return tools.length === 0;
  if (tools.length === 0) return false;
  const stored = await statements.get(toolSetById, [run.toolSetId]);
  // They are deleted with the history. Then nobody can tell.
  return stored === undefined || stored.hash === argsHash(tools);
}

/** The tools that the prompt of a run was sent with. */
export async function readTools(
  statements: Reader,
  { toolSetId, askUser }: StoredTools,
): Promise<OfferedTools> {
  const stored = toolSetId === null ? undefined : await statements.get(toolSetById, [toolSetId]);
  return { clientTools: (stored?.tools ?? []) as unknown as ClientTool[], askUser };
}
