import type { Run, ToolCall } from '../../generated/prisma/client.ts';
import { idList } from '../../storage/statements/dialect.ts';
import { checkpointAnswer, visibleMessageById } from '../../storage/statements/exchanges.ts';
import { raiseLastSeq } from '../../storage/statements/run-owners.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { toolCallsOfMessages } from '../../storage/statements/tool-calls.ts';
import { type SteeredPrompt, steeredPromptsOf } from '../history/steered-prompts.ts';
import { isOpen } from '../tool-calls/resume-calls.ts';
import { countTokens } from '../usage/estimate-tokens.ts';
import { seqsBeyondCheckpoint } from './save-interrupted-runs.ts';

/**
 * Which runs go on: those that wait for an approval or a tool, or whose tools have ended and nothing is stored of the next step;
 * or also those whose model was answering.
 */
export type ResumeRuns = 'waiting' | 'all';

/** Where a run goes on that another gateway has executed. */
export interface ResumePoint {
  run: Run;
  /** The text that stays. */
  content: string;
  reasoning: string;
  /** The step that goes on, counted from 1. */
  step: number;
  /** All tool calls of the answer so far, in the order in which they were made. */
  calls: ToolCall[];
  /** The prompts that have joined the answer so far. */
  steered: SteeredPrompt[];
  /** Whether tool calls of the step have not ended. Otherwise the model is asked for the step, from its beginning. */
  isWaiting: boolean;
  /** Tokens of what the model had written of the step. It is discarded. */
  lostTokens: number;
}

/**
 * Finds out whether a run that this gateway has taken over can go on, and stores where it does.
 *
 * @returns Undefined for a run that must end.
 */
export async function readResumePoint(
  statements: Statements,
  run: Run,
  resumeRuns: ResumeRuns,
): Promise<ResumePoint | undefined> {
  const { assistantMessageId: id, fence, stopCause } = run;
  const message = id !== null && stopCause === null && (await statements.get(visibleMessageById, [id]));
  if (!message) return undefined;
  const calls = await statements.all(toolCallsOfMessages, [idList([message.id])]);
  const open = calls.filter(isOpen);
  const isWaiting = open.length > 0;
  // An earlier version did not store until when a call waits.
  if (open.some(({ status, expiresAt }) => status === 'AWAITING_APPROVAL' && expiresAt === null))
    return undefined;
  const last = calls.at(-1);
  // The text of a step is stored before its calls, so everything behind them belongs to the next step.
  const content = message.content.slice(0, last?.textOffset ?? 0);
  const written = message.reasoning ?? '';
  const reasoning = written.slice(0, last?.reasoningOffset ?? 0);
  const lost = message.content.slice(content.length) + written.slice(reasoning.length);
  const isBetweenSteps = (last !== undefined || run.pausedUntil !== null) && lost === '';
  if (!isWaiting && !isBetweenSteps && resumeRuns === 'waiting') return undefined;
  const raised = await statements.transaction(async (tx) => {
    await tx.run(checkpointAnswer, [content, reasoning || null, message.id, fence]);
    return await tx.get(raiseLastSeq, [seqsBeyondCheckpoint, run.id, fence]);
  });
  if (raised === undefined) return undefined;
  const step = (last?.step ?? 0) + (isWaiting ? 0 : 1);
  const steered = steeredPromptsOf(message);
  const lostTokens = await countTokens(lost);
  return { run: raised, content, reasoning, step, calls, steered, isWaiting, lostTokens };
}
