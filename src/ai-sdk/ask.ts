import type { ApiContext, ApiServices } from '../dialect/route/route.ts';
import { sendToThread } from '../dialect/thread/send-to-thread.ts';
import type { AnswerRunFragment } from '../gql/graphql.ts';
import type { readChatRequest } from './chat-request.ts';
import { readMessages } from './read-messages.ts';

/** The `featureName` of the sessions that clients of the AI SDK make. */
export const featureName = 'ai-sdk';

/** Sends the prompt of a chat to its session, or lets its last prompt be answered once more. @throws ApiError. */
export function ask(
  c: ApiContext,
  services: ApiServices,
  { request, tools }: ReturnType<typeof readChatRequest>,
): Promise<AnswerRunFragment> {
  const { id, messages, trigger, messageId, system, model } = request;
  const { temperature, maxOutputTokens, reasoningEffort: effort } = request;
  const again = trigger === 'regenerate-message';
  return sendToThread(c, services, {
    name: { featureName, name: id, param: 'id' },
    messages: readMessages(messages),
    answerIds: messages.filter(({ role }) => role === 'assistant').map((message) => message.id),
    system: [system],
    again: again ? { answerId: messageId ?? undefined, param: 'messageId' } : undefined,
    model,
    settings: { temperature, maxOutputTokens, effort },
    tools,
    key: again ? null : JSON.stringify([id, messages.at(-1)?.id]),
  });
}
