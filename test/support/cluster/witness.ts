import { expect } from 'vitest';
import { createSwitchyard } from '../../../src/client/client.ts';
import type { Cluster } from './cluster.ts';

interface ToldEvent {
  __typename: string;
  seq: number;
  text?: string;
  message?: { content: string } | null;
  /** Of `ToolCallFinished`. */
  status?: string;
  result?: string;
}

/** What a client was told of one run, in the order in which it was told. */
export interface Told {
  runId: string;
  events: ToldEvent[];
}

const terminal = new Set(['RunCompleted', 'RunCancelled', 'RunFailed']);

/**
 * A client as users have it: it follows a run through the load balancer with the client kit, which connects again and
 * goes on after its cursor whenever a gateway dies.
 */
export async function witness(cluster: Cluster, input: { sessionId: string; prompt: string }): Promise<Told> {
  const client = createSwitchyard({ url: cluster.url });
  const events: Told['events'] = [];
  for await (const event of client.chat(input.sessionId, input.prompt))
    events.push(event as Told['events'][number]);
  return { runId: (events[0] as { runId?: string } | undefined)?.runId ?? '', events };
}

const runDocument = `query ($id: ID!) {
  run(id: $id) { status lastSeq assistantMessage { content status } }
}`;

/**
 * Compares what a client was told with what is stored: one terminal run event, which is the last; every seq once and in
 * order, without holes but for those that a `HistoryGap` names; and the text that was shown is the text that is stored.
 */
export async function expectToldIsStored(cluster: Cluster, { runId, events }: Told): Promise<void> {
  const { run } = await cluster.query(runDocument, { id: runId });
  const seqs = events.filter(({ __typename }) => __typename !== 'HistoryGap').map(({ seq }) => seq);
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  const ends = events.filter(({ __typename }) => terminal.has(__typename));
  expect(ends).toEqual(events.slice(-1));
  expect(ends[0]?.seq).toBe(run.lastSeq);
  const shown = ends[0]?.message?.content;
  expect(shown).toBe(run.assistantMessage.content);
  if (events.some(({ __typename }) => __typename === 'HistoryGap')) return;
  const text = events.map((event) => (event.__typename === 'TextDelta' ? event.text : '')).join('');
  // A run whose gateway died keeps the text of its last checkpoint: more may have been shown, and nothing else.
  if (run.assistantMessage.status === 'INTERRUPTED')
    expect(text.startsWith(run.assistantMessage.content)).toBe(true);
  else expect(text).toBe(run.assistantMessage.content);
}
