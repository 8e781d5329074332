import {
  type AskedRun,
  answerCalls,
  findAskedRun,
  idsOfClient,
  idsOfStep,
  type LegOfRun,
} from '../../dialect/answer/answer-calls.ts';
import { isOfClient } from '../../dialect/answer/awaited-calls.ts';
import { ApiError } from '../../dialect/errors/api-error.ts';
import { callsOf } from '../../dialect/input/answer-parts.ts';
import type { Conversation } from '../../dialect/input/conversation.ts';
import type { ApiContext, ApiServices } from '../../dialect/route/route.ts';
import { isSameText, matchBranch } from './match-branch.ts';

/**
 * Lets the run go on that has asked the client to run tools, with their results.
 *
 * @param sessionId The Relay id of the session that the client has chosen; left out: any.
 * @returns Undefined if no run can: it has another history than the client, it has ended, or the results came too late.
 * @throws ApiError 413 for a result that is too large.
 */
export async function goOn(
  c: ApiContext,
  services: ApiServices,
  conversation: Conversation,
  sessionId?: string,
): Promise<LegOfRun | undefined> {
  const results = callsOf(conversation.begun ?? []);
  const asked = await findAskedRun(c, services, results.at(-1)?.id ?? '');
  if (!asked || !(await isSameHistory(c, services, asked, conversation))) return undefined;
  if (sessionId !== undefined && asked.run.session.id !== sessionId) return undefined;
  const ids = new Set(idsOfStep(asked));
  try {
    const ofStep = results.filter(({ id }) => ids.has(id));
    return await answerCalls(c, services, asked, ofStep);
  } catch (error) {
    // It was answered in another way, or nobody answered in time.
    if (error instanceof ApiError && error.status === 409) return undefined;
    throw error;
  }
}

async function isSameHistory(
  c: ApiContext,
  services: ApiServices,
  asked: AskedRun,
  { system, exchanges, prompt, begun }: Conversation,
): Promise<boolean> {
  const { run, message, step } = asked;
  const parts = begun ?? [];
  const told = callsOf(parts);
  const ids = idsOfClient(asked);
  if (told.length !== ids.length || !told.every(({ id }, index) => id === ids[index])) return false;
  const earlier = message.toolCalls.filter((call) => isOfClient(call) && call.step < step);
  if (earlier.some(({ result }, index) => result !== told[index]?.result)) return false;
  const end = message.toolCalls.find((call) => call.step === step)?.textOffset;
  if (!isSameText(message.content.slice(0, end), parts)) return false;
  if (system !== null && (run.session.systemPrompt ?? null) !== system) return false;
  const last = await matchBranch(c, services, run.session.id, exchanges, prompt);
  return last !== undefined && last === run.userMessage?.id;
}
