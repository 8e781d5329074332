import { countTokens } from '../usage/estimate-tokens.ts';
import type { StoredMessage } from './stored-turns.ts';

/** Tokens of a message besides its text: its role and its delimiters. */
export const messageOverhead = 4;

/** Estimated tokens of a message in a prompt, without its attachments. */
export async function messageTokens(message: StoredMessage): Promise<number> {
  const text = message.tokenCount ?? (await countTokens(message.content));
  if (message.toolCalls.length === 0) return messageOverhead + text;
  const calls = message.toolCalls.map(
    ({ name, args, changedArgs, result }) =>
      name + JSON.stringify(args) + (changedArgs ? JSON.stringify(changedArgs) : '') + (result ?? ''),
  );
  // An answer with tool calls is repeated with its reasoning.
  return messageOverhead + text + (await countTokens(calls.join('') + (message.reasoning ?? '')));
}
