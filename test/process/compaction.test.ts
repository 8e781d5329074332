import { expect, test } from 'vitest';
import { chat, collect, follow, type SeenRunEvent } from '../support/gateway/chat.ts';
import { createGate, text } from '../support/model/turn.ts';
import { startScriptedProcess } from '../support/process/scripted-process.ts';

const patience = { timeout: 120_000 };

const long = (turn: number) => `Turn ${turn}:${' word'.repeat(600)}`;

test.each([
  ['while the model sums up older messages', 'ContextCompactionStarted', 2],
  ['while it answers behind the summary', 'TextDelta', 1],
] as const)(
  'a gateway that is killed %s goes on with the run, with one summary',
  patience,
  async (_when, moment, asked) => {
    const settings = { RESUME_RUNS: 'all', MODEL_CONTEXT_LIMITS: 'openai-compatible/scripted=4000' };
    await using first = await startScriptedProcess(settings);
    const { model } = first;
    const gate = createGate();
    let isKilled = false;
    let summaries = 0;
    model.otherwise((request) => {
      if (request.text.includes('You keep the memory')) {
        summaries += 1;
        return moment === 'ContextCompactionStarted' && !isKilled ? [gate] : [text('A summary.')];
      }
      const isHeld = moment === 'TextDelta' && summaries > 0 && !isKilled;
      return isHeld ? [text('Half'), gate] : [text('Fine.')];
    });
    const sessionId = await first.createSession();
    for (let turn = 1; turn <= 4; turn += 1)
      await collect(chat(first.client(), { sessionId, prompt: long(turn) }));

    let runId = '';
    for await (const event of chat(first.client(), { sessionId, prompt: long(5) })) {
      runId = event.runId;
      if (event.__typename === moment) break;
    }
    await gate.reached;
    isKilled = true;
    first.kill('SIGKILL');
    await first.exited;
    gate.release();

    await using second = await first.restart();
    const seen: SeenRunEvent[] = await collect(follow(second.client(), runId));
    expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { content: 'Fine.' } });
    const compacted = seen.filter(({ __typename }) => __typename === 'ContextCompacted');
    expect(compacted).toMatchObject([{ summary: 'A summary.', omittedMessages: 6, isNew: asked === 2 }]);
    expect(summaries).toBe(asked);
    const query = `query ($id: ID!) { session(id: $id) { messages(first: 50) { edges { node { contextSummary { text } } } } } }`;
    const { data } = await second.graphql(query, { id: sessionId });
    const stored = data.session.messages.edges.flatMap(
      ({ node }: { node: { contextSummary: { text: string } | null } }) => node.contextSummary ?? [],
    );
    expect(stored).toEqual([{ text: 'A summary.' }]);
  },
);
