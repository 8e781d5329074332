import { createHash } from 'node:crypto';
import {
  type AnswerRunFragment,
  ChangeConversationDocument,
  type ClientToolInput,
} from '../../gql/graphql.ts';
import { type Place, startAnswer } from '../answer/start-answer.ts';
import { ApiError } from '../errors/api-error.ts';
import type { ParameterNames } from '../errors/graphql-error.ts';
import { historyOf, type ListedMessage, toConversation } from '../input/conversation.ts';
import { chooseModel } from '../input/model-choice.ts';
import type { AskedSettings } from '../input/settings.ts';
import { dropSession } from '../route/drop-session.ts';
import { executeDocument } from '../route/execute.ts';
import type { ApiContext, ApiServices } from '../route/route.ts';
import { openThread, placeInThread, promptOf, type Thread, type ThreadName } from './thread.ts';

/** A prompt that a client sends with all that it shows of the conversation. */
export interface ThreadPrompt {
  name: ThreadName;
  messages: readonly ListedMessage[];
  /** The ids of the answers among them, oldest first. */
  answerIds: readonly string[];
  /** Instructions besides those among the messages. */
  system: readonly (string | null | undefined)[];
  /** Set if the last prompt is to be answered once more, and how the client calls the answer that it has now. */
  again?: { answerId: string | undefined; param: string } | undefined;
  model: string | null | undefined;
  settings: AskedSettings;
  tools: ClientToolInput[] | null;
  /** Makes a request that comes twice the same one. */
  key: string | null;
}

/** What both dialects call the inputs of GraphQL. */
const names: ParameterNames = {
  'input.prompt': 'messages',
  'input.history': 'messages',
  'input.systemPrompt': 'system',
  'input.attachmentIds': 'messages',
  'input.tools': 'tools',
  'input.settings.maxOutputTokens': 'maxOutputTokens',
  'input.settings.reasoningEffort': 'reasoningEffort',
};

/**
 * Sends a prompt to the session of a conversation. The history of the session counts: what the client shows only says
 * behind which answer the prompt belongs. A session that is new begins with the history of the client. A run that is still
 * answering there is cancelled, because the client has given it up.
 *
 * @throws ApiError.
 */
export async function sendToThread(
  c: ApiContext,
  services: ApiServices,
  asked: ThreadPrompt,
): Promise<AnswerRunFragment> {
  const { messages, model } = asked;
  const spoken = messages.filter(({ role }) => role !== 'system');
  const prompt = toConversation(
    spoken.slice(spoken.findLastIndex(({ role }) => role !== 'user') + 1),
    'messages',
  );
  const system = instructionsOf(asked);
  const settings = () => {
    const history = historyOf(toConversation(spoken, 'messages').exchanges, earlierFiles);
    return { ...chooseModel(model), systemPrompt: system, history };
  };
  const { thread, isNew } = await openThread(c, services, asked.name, settings, names);
  const place: Place = { session: thread, ...(await placeOf(c, services, asked, thread)) };
  const isOther = !isNew && system !== null && system !== (thread.systemPrompt ?? null);
  if (isOther && thread.featureName === asked.name.featureName) {
    const variables = { id: thread.id, input: { systemPrompt: system } };
    await executeDocument(c, services, ChangeConversationDocument, variables, names);
  }
  const { tools, key } = asked;
  const requestId = key === null ? null : digest([key, prompt.prompt.text]);
  const sent = { conversation: prompt, model, settings: asked.settings, tools, requestId } as const;
  const send = (at: Place) => startAnswer(c, services, { ...sent, place: at, onBusy: 'INTERRUPT' }, names);
  try {
    return await send(place);
  } catch (error) {
    // The request has come before, when its prompt stood at the end of the session.
    if (isRepeated(error)) return await send({ session: thread, replyTo: null });
    // Nothing of a request that is refused stays.
    if (isNew) await dropSession(c, services, thread.id);
    throw error;
  }
}

function isRepeated(error: unknown): boolean {
  return error instanceof ApiError && error.body.error.code === 'request_id_reused';
}

const earlierFiles =
  'expected files only in the last message, because the gateway does not know the conversation yet.';

async function placeOf(
  c: ApiContext,
  services: ApiServices,
  { again, answerIds, messages }: ThreadPrompt,
  thread: Thread,
): Promise<Omit<Place, 'session'>> {
  if (again && thread.head) {
    return { replyTo: null, answerTo: await promptOf(c, services, thread, again.answerId, again.param) };
  }
  const isFirst = messages.every(({ role }) => role === 'user' || role === 'system');
  return { replyTo: null, ...(await placeInThread(c, services, thread, { answerIds, isFirst })) };
}

function instructionsOf({ messages, system }: ThreadPrompt): string | null {
  const listed = messages.flatMap((message) => (message.role === 'system' ? message.text : []));
  return [...system, ...listed].filter((text) => text).join('\n\n') || null;
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url');
}
