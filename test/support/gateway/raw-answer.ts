import { endWithoutFinish, raw, status } from '../model/turn.ts';
import { chat, collect, textOf } from './chat.ts';
import type { ScriptedGateway } from './scripted-gateway.ts';

/** How a run ended that got a response made by hand. */
export type RawOutcome =
  /** `counted`: the tokens as `input+output`; null where the gateway estimated them. */
  | { content: string; reasoning: string | null; counted: string | null }
  | { code: string; reason: string; content: string };

/** Sends a prompt that the model answers with this body, and returns why the stored answer ended. */
export async function finishReasonWith(gateway: ScriptedGateway, body: string): Promise<string> {
  gateway.model.script([raw(body), endWithoutFinish()]);
  const sessionId = await gateway.createSession();
  const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Go' }));
  const query = 'query ($id: ID!) { run(id: $id) { assistantMessage { finishReason } } }';
  return (await gateway.graphql(query, { id: seen[0]?.runId })).data.run.assistantMessage.finishReason;
}

/**
 * Sends a prompt that the model answers with this body, and nothing else. Checks that the text that was streamed is
 * the text that is stored.
 *
 * @param contentType Default: an event stream.
 */
export async function answerWith(
  gateway: ScriptedGateway,
  body: string,
  contentType = 'text/event-stream',
): Promise<RawOutcome> {
  const isStream = contentType === 'text/event-stream';
  const whole = status(200, { headers: { 'content-type': contentType }, body });
  gateway.model.script(isStream ? [raw(body), endWithoutFinish()] : [whole]);
  const sessionId = await gateway.createSession();
  const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Go' }));
  const ended = seen.at(-1);
  const { content, reasoning } = ended?.['message'] ?? {};
  if (content !== textOf(seen)) throw new Error('The stored text is not the text that was streamed.');
  if (ended?.__typename !== 'RunCompleted')
    return { code: ended?.['code'], reason: ended?.['reason'], content };
  const { inputTokens, outputTokens, measured } = ended['usage'];
  return { content, reasoning, counted: measured ? `${inputTokens}+${outputTokens}` : null };
}
