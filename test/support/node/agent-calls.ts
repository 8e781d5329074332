import { chat, collect, type SeenRunEvent } from '../gateway/chat.ts';
import type { GatewayApi } from '../gateway/gateway-api.ts';
import type { ModelServer } from '../model/model-server.ts';
import { type TurnStep, text, toolCall } from '../model/turn.ts';

/** The model asks for a command. */
export function run(command: string, id = 'a', more: object = {}): TurnStep {
  return toolCall(id, 'run_command', { command, ...more });
}

/** A command that prints `ready`, and goes on until there is a file `go` in the workspace. */
export const untilGo = 'echo ready; until [ -e go ]; do sleep 0.05; done';

/** How each tool call of a run ended, by its id. */
export function endsOf(seen: readonly SeenRunEvent[]): Record<string, SeenRunEvent> {
  const ends = seen.filter(({ __typename }) => __typename === 'ToolCallFinished');
  return Object.fromEntries(ends.map((end) => [end['callId'], end]));
}

/** What a tool call printed while it ran. */
export function outputOf(seen: readonly SeenRunEvent[], callId = 'a'): string {
  return seen
    .filter((event) => event.__typename === 'ToolOutputDelta' && event['callId'] === callId)
    .map((event) => event.text)
    .join('');
}

/** Lets the model of a session make these calls, all in one step; how they ended, by their ids. */
export async function callTools(
  gateway: GatewayApi & { model: ModelServer },
  sessionId: string,
  ...calls: TurnStep[]
): Promise<Record<string, SeenRunEvent>> {
  gateway.model.script(calls, [text('Done.')]);
  return endsOf(await collect(chat(gateway.client(), { sessionId, prompt: 'Work' })));
}
