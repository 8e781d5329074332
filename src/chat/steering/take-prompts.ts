import type { Logger } from 'pino';
import type { Bus } from '../../bus/bus.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import type { Message, Run } from '../../generated/prisma/client.ts';
import { untilStored } from '../../storage/failure/until-stored.ts';
import { visibleMessageById } from '../../storage/statements/exchanges.ts';
import { checkpointRun } from '../../storage/statements/run-states.ts';
import type { Statements, Writer } from '../../storage/statements/statement.ts';
import { joinAnswer, joinRun, setSteeredPrompts, waitingToJoin } from '../../storage/statements/steering.ts';
import type { ToldPrompt } from '../history/answer-step.ts';
import { type SteeredPrompt, steeredPromptsOf, toldPrompts } from '../history/steered-prompts.ts';
import { openRunLog, queuedSeq } from '../log/open-run-log.ts';
import { holdUnowned } from '../log/run-hold.ts';
import { type RunLog, RunWriter } from '../log/run-writer.ts';
import { countParameters, noUsage } from '../usage/usage.ts';
import { removeAnswer } from './remove-answer.ts';

export interface TakePromptsOptions {
  statements: Statements;
  changes: ChangeLog;
  runLog: RunLog;
  bus: Bus;
  /** How long the log of a run whose prompt has joined stays readable, in milliseconds. */
  runLogTtlMs: number;
  sessionId: number;
  /** Writes the answer that the prompts join. */
  writer: RunWriter;
  log: Logger;
  /** Aborts when the run is cancelled. */
  signal: AbortSignal;
}

/**
 * Lets the prompts join an answer that wait for it, oldest first. In one transaction their runs leave the queue, the empty
 * answers that these had are deleted, and the answer notes where it was told the prompts. So a prompt has joined, or its run
 * is still in the queue. Then the followers are told, in both logs.
 *
 * @param step The request to the model that tells the prompts, counted from 1.
 * @returns What the model is told.
 * @throws RunLostError if another gateway has taken over the run.
 */
export async function takePrompts(step: number, options: TakePromptsOptions): Promise<ToldPrompt[]> {
  const { statements, changes, writer } = options;
  const { assistantMessageId: answerId } = writer;
  if (answerId === null) return [];
  const place = { step, answerId };
  const stored = await untilStored(() => statements.transaction((tx) => join(tx, place, options)), options);
  const { joined, prompts, told } = stored;
  for (const { run, messageId } of joined) {
    await writer.write({ type: 'PromptSteered', messageId, answerId, ...placeIn(writer) });
    await tellJoined(run, options);
  }
  changes.ring(told);
  return joined.flatMap(({ messageId }) => prompts.get(messageId) ?? []);
}

/** Where the answer is now. */
function placeIn({ content, reasoning, callIds }: RunWriter) {
  return { textOffset: content.length, reasoningOffset: reasoning.length, callsBefore: callIds.size };
}

interface Joined {
  run: Run;
  messageId: number;
  message: Message;
}

async function join(
  tx: Writer,
  { step, answerId }: { step: number; answerId: number },
  { sessionId, writer, changes }: TakePromptsOptions,
) {
  await tx.lockSession(sessionId);
  const { runId, lastSeq, usage, hold } = writer;
  // Before the other writes, because from here on no other gateway can take over the run until the transaction has ended.
  const progress = [lastSeq, ...countParameters(usage), usage.measured, runId, hold.fence];
  hold.check(await tx.run(checkpointRun, progress));
  const joined: Joined[] = [];
  let headId: number | undefined;
  for (const run of await tx.all(waitingToJoin, [sessionId, runId])) {
    const { userMessageId: messageId, assistantMessageId: emptyId } = run;
    if (messageId === null || emptyId === null) continue;
    const now = new Date();
    const steeredSeq = lastSeq + 1 + joined.length;
    if ((await tx.run(joinRun, [now, now, queuedSeq + 1, steeredSeq, run.id])) === 0) continue;
    const message = await tx.get(joinAnswer, [answerId, messageId]);
    if (message === undefined) continue;
    headId = await removeAnswer(tx, { sessionId, messageId, emptyId });
    joined.push({ run: { ...run, steeredSeq }, messageId, message });
  }
  if (headId === undefined) return { joined, prompts: new Map<number, ToldPrompt>(), told: [] };
  const answer = await tx.get(visibleMessageById, [answerId]);
  const place = { step, ...placeIn(writer) };
  const steered: SteeredPrompt[] = [
    ...(answer ? steeredPromptsOf(answer) : []),
    ...joined.map(({ messageId }) => ({ messageId, ...place })),
  ];
  await tx.run(setSteeredPrompts, [JSON.stringify(steered), answerId]);
  const messages = joined.map(({ message }) => message);
  const prompts = await toldPrompts(tx, messages);
  // Some messages that a client may show are gone.
  return { joined, prompts, told: await changes.write(tx, [{ kind: 'HeadMoved', sessionId, headId }]) };
}

/** Ends the log of a run whose prompt has joined, so that its followers go on with the other log. */
async function tellJoined(run: Run, { writer, runLog, bus, runLogTtlMs }: TakePromptsOptions): Promise<void> {
  openRunLog(runLog, run, { wasQueued: true });
  const own = new RunWriter(run, noUsage(run), { log: runLog, bus, hold: holdUnowned(run) });
  await own.write({ type: 'RunJoined', steersId: writer.runId, steeredSeq: run.steeredSeq ?? 0 });
  await own.expire(runLogTtlMs);
}
