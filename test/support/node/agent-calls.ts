import { chat, collect, type SeenRunEvent } from '../gateway/chat.ts';
import type { GatewayApi } from '../gateway/gateway-api.ts';
import type { ModelServer } from '../model/model-server.ts';
import { type TurnStep, text, toolCall } from '../model/turn.ts';

/** A step of a scripted turn: the model calls `run_command`. */
export function run(command: string, id = 'a', more: object = {}): TurnStep {
  return toolCall(id, 'run_command', { command, ...more });
}

/** A command that prints `ready` and runs until its folder has a file `go`. */
export const untilGo = 'echo ready; until [ -e go ]; do sleep 0.05; done';

/** How each tool call of a run ended, by its id. */
export function endsOf(seen: readonly SeenRunEvent[]): Record<string, SeenRunEvent> {
  const ends = seen.filter(({ __typename }) => __typename === 'ToolCallFinished');
  return Object.fromEntries(ends.map((end) => [end['callId'], end]));
}

/** The output that a tool call has shown live. */
export function outputOf(seen: readonly SeenRunEvent[], callId = 'a'): string {
  return seen
    .filter((event) => event.__typename === 'ToolOutputDelta' && event['callId'] === callId)
    .map((event) => event.text)
    .join('');
}

/** Lets the model of a session make these tool calls in one step. Returns how each call ended, by its id. */
export async function callTools(
  gateway: GatewayApi & { model: ModelServer },
  sessionId: string,
  ...calls: TurnStep[]
): Promise<Record<string, SeenRunEvent>> {
  gateway.model.script(calls, [text('Done.')]);
  return endsOf(await collect(chat(gateway.client(), { sessionId, prompt: 'Work' })));
}
