import { shortenMiddle } from '../../base/cut-text.ts';
import type { AnswerStep, CallPart, Turn } from '../history/answer-step.ts';
import { messageOverhead } from '../history/message-tokens.ts';
import { countTokens } from '../usage/estimate-tokens.ts';

/** What stays of a result of an earlier step, and the least that stays of one of the newest, in UTF-16 code units. */
const [ofEarlier, leastOfNewest] = [400, 1_000];

const note = '\n[The gateway has shortened this result, because it does not fit into the context.]';

/**
 * Shortens results of tool calls in the answer that is being written, until so many tokens are free: those of earlier steps
 * first, oldest first, and then those of the newest step, all to the same length. Only the model is shown less; the
 * calls keep their results.
 *
 * @param excess Estimated tokens that are to become free.
 * @returns How many results were shortened, and the estimated tokens that are free now.
 */
export async function shortenResults(
  turn: Turn,
  excess: number,
): Promise<{ results: number; freed: number }> {
  const done = { results: 0, freed: 0 };
  // Behind it there may be prompts that have joined the answer.
  const index = turn.steps.findLastIndex(({ parts }) => parts.length > 0);
  const newest = turn.steps[index];
  const earlier = turn.steps.slice(0, Math.max(0, index));
  for (const call of earlier.flatMap(callsOf)) {
    if (done.freed >= excess) return done;
    await shortenResult(call, ofEarlier, done);
  }
  const calls = newest ? callsOf(newest) : [];
  const longest = Math.max(0, ...calls.map(({ result }) => result?.result?.length ?? 0));
  for (let length = Math.floor(longest / 2); done.freed < excess; length = Math.floor(length / 2)) {
    const most = Math.max(leastOfNewest, length);
    for (const call of calls) await shortenResult(call, most, done);
    if (most === leastOfNewest) return done;
  }
  return done;
}

/** Estimates the tokens of the answer so far. */
export async function answerTokens({ steps }: Turn): Promise<number> {
  const texts = steps.flatMap(({ parts, prompts = [] }) => [
    ...prompts.map(({ text }) => text),
    ...parts.map((part) =>
      part.type === 'call' ? part.name + JSON.stringify(part.args) + (part.result?.result ?? '') : part.text,
    ),
  ]);
  return messageOverhead + (await countTokens(texts.join('')));
}

function callsOf({ parts }: AnswerStep): CallPart[] {
  return parts.filter((part): part is CallPart => part.type === 'call');
}

async function shortenResult(
  call: CallPart,
  most: number,
  done: { results: number; freed: number },
): Promise<void> {
  const text = call.result?.result;
  if (call.result === undefined || text == null || text.length <= most + note.length) return;
  const isFirst = !text.endsWith(note);
  const short = shortenMiddle(isFirst ? text : text.slice(0, -note.length), most) + note;
  const freed = (await countTokens(text)) - (await countTokens(short));
  // The call in the database, and what the followers were told, keep the whole result.
  call.result = { ...call.result, result: short };
  done.freed += Math.max(0, freed);
  if (isFirst) done.results += 1;
}
