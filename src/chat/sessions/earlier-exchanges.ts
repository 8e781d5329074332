import { insertEarlierExchange } from '../../storage/statements/exchanges.ts';
import { countPrompt } from '../../storage/statements/run-sessions.ts';
import type { Writer } from '../../storage/statements/statement.ts';
import { textBytes } from '../../storage/stored-bytes.ts';
import { countTokens } from '../usage/estimate-tokens.ts';

/** A prompt and its answer from a conversation that was held elsewhere. */
export interface EarlierExchange {
  prompt: string;
  answer: string;
}

/** An exchange with the tokens of its texts. */
export type CountedExchange = EarlierExchange & { promptTokens: number; answerTokens: number };

/** The bytes that exchanges take up. */
export function exchangeBytes(exchanges: readonly EarlierExchange[]): number {
  return exchanges.reduce((sum, { prompt, answer }) => sum + textBytes(prompt, answer), 0);
}

/** Counts the tokens before the transaction that stores the exchanges, because it takes turns of the event loop. */
export async function countExchanges(exchanges: readonly EarlierExchange[]): Promise<CountedExchange[]> {
  const counted: CountedExchange[] = [];
  for (const exchange of exchanges) {
    const promptTokens = await countTokens(exchange.prompt);
    counted.push({ ...exchange, promptTokens, answerTokens: await countTokens(exchange.answer) });
  }
  return counted;
}

/** Stores the exchanges with which a new session begins. Call it in the transaction that creates the session. */
export async function insertExchanges(
  tx: Writer,
  sessionId: number,
  exchanges: readonly CountedExchange[],
  now: Date,
): Promise<void> {
  if (exchanges.length === 0) return;
  for (const { prompt, answer, promptTokens, answerTokens } of exchanges) {
    const ofAnswer = [sessionId, answer, answerTokens, now];
    await tx.run(insertEarlierExchange, [sessionId, prompt, promptTokens, now, ...ofAnswer]);
  }
  await tx.get(countPrompt, [now, now, 2 * exchanges.length, exchangeBytes(exchanges), sessionId]);
}
