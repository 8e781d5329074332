import { decodeId } from '../../../src/base/global-id.ts';
import type { Database } from '../../../src/storage/database.ts';

/**
 * Reads the bytes that the gateway has counted for a session, and adds up what is really stored for it: its texts, its
 * messages, their tool calls and recordings.
 *
 * @param id The global id of the session.
 */
export async function countBytes(
  database: Database,
  id: string,
): Promise<{ counted: number; stored: number }> {
  const { storedBytes, title, systemPrompt, messages } = await database.session.findUniqueOrThrow({
    where: { id: Number(decodeId(id)?.id) },
    include: { messages: { include: { toolCalls: true, audio: true } } },
  });
  const texts = [title, systemPrompt];
  let stored = 0;
  for (const { content, reasoning, toolCalls, audio } of messages) {
    texts.push(content, reasoning);
    for (const { args, result } of toolCalls) texts.push(JSON.stringify(args), result);
    stored += audio?.size ?? 0;
  }
  for (const text of texts) stored += Buffer.byteLength(text ?? '');
  return { counted: Number(storedBytes), stored };
}
