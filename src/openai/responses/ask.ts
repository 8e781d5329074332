import {
  type AnswerRunFragment,
  ChangeConversationDocument,
  type ConversationFieldsFragment,
} from '../../gql/graphql.ts';
import { type Place, startAnswer } from '../answer/start-answer.ts';
import { badParameter, unsupported } from '../errors/api-error.ts';
import type { ParameterNames } from '../errors/graphql-error.ts';
import { type Conversation, historyOf } from '../input/conversation.ts';
import { chooseModel } from '../input/model-choice.ts';
import { dropSession } from '../route/drop-session.ts';
import { executeDocument } from '../route/execute.ts';
import { findConversation } from '../route/find-conversation.ts';
import { notFound } from '../route/ids.ts';
import { openConversation } from '../route/open-conversation.ts';
import type { ApiContext, ApiServices } from '../route/route.ts';
import { findResponse } from './find-response.ts';
import type { ResponseRequest } from './response-request.ts';

/** The `featureName` of the sessions that Responses makes. */
export const featureName = 'responses';

const names: ParameterNames = {
  'input.prompt': 'input',
  'input.history': 'input',
  'input.systemPrompt': 'instructions',
  'input.attachmentIds': 'input',
  'input.replyTo': 'previous_response_id',
  'input.settings.maxOutputTokens': 'max_output_tokens',
  'input.settings.reasoningEffort': 'reasoning.effort',
  'input.settings.responseSchema': 'text.format',
  'input.requestId': 'Idempotency-Key',
};

export interface Asked {
  request: ResponseRequest;
  conversation: Conversation;
  requestId: string | null;
}

/** Sends the prompt to the session of the response or conversation that it continues, or to a new one. */
export async function ask(c: ApiContext, services: ApiServices, asked: Asked): Promise<AnswerRunFragment> {
  const { request } = asked;
  if (request.previous_response_id != null) {
    const place = await placeBehind(c, services, request.previous_response_id);
    return continueAt(c, services, asked, place);
  }
  if (request.conversation != null) {
    const { conversation } = request;
    const id = typeof conversation === 'string' ? conversation : conversation.id;
    return continueAt(c, services, asked, {
      session: await findConversation(c, services, id, 'conversation'),
      replyTo: null,
    });
  }
  const session = await openSession(c, services, asked);
  try {
    return await send(c, services, asked, { session, replyTo: null });
  } catch (error) {
    // Nothing of a request that is refused stays.
    await dropSession(c, services, session.id);
    throw error;
  }
}

async function placeBehind(c: ApiContext, services: ApiServices, id: string): Promise<Place> {
  const param = 'previous_response_id';
  const { session, assistantMessage } = await findResponse(c, services, id, param);
  if (!assistantMessage) throw notFound('response', id, param);
  return { session, replyTo: assistantMessage.id };
}

async function continueAt(
  c: ApiContext,
  services: ApiServices,
  asked: Asked,
  place: Place,
): Promise<AnswerRunFragment> {
  const { conversation, request } = asked;
  if (conversation.exchanges.length > 0) {
    throw badParameter(
      'input',
      'expected only new messages of the user: the gateway has the answers before them.',
    );
  }
  if (request.store === false && request.conversation != null) {
    throw unsupported('store', 'A conversation keeps its messages.');
  }
  const session = await settle(c, services, asked, place.session);
  return send(c, services, asked, { ...place, session });
}

/** Gives the session the instructions and the metadata of the request, where it has others. */
async function settle(
  c: ApiContext,
  services: ApiServices,
  { request, conversation }: Asked,
  session: ConversationFieldsFragment,
): Promise<ConversationFieldsFragment> {
  // As with OpenAI, instructions are not those of the previous response. A session made elsewhere has its own.
  const isOwn = session.featureName === featureName && request.previous_response_id != null;
  const systemPrompt = conversation.system ?? (isOwn ? null : undefined);
  const isOther = systemPrompt !== undefined && systemPrompt !== (session.systemPrompt ?? null);
  const { metadata } = request;
  if (!isOther && metadata == null) return session;
  const input = { ...(isOther && { systemPrompt }), ...(metadata != null && { metadata }) };
  const variables = { id: session.id, input };
  return (await executeDocument(c, services, ChangeConversationDocument, variables, names)).updateSession;
}

async function openSession(
  c: ApiContext,
  services: ApiServices,
  { request, conversation }: Asked,
): Promise<ConversationFieldsFragment> {
  const input = {
    featureName,
    ...chooseModel(request.model),
    systemPrompt: conversation.system,
    history: historyOf(conversation.exchanges, earlierFiles),
    metadata: request.metadata,
  };
  return openConversation(c, services, input, names);
}

const earlierFiles =
  "the gateway takes files only in the last message. Continue with 'previous_response_id', and it has the earlier ones.";

function send(
  c: ApiContext,
  services: ApiServices,
  { request, conversation, requestId }: Asked,
  place: Place,
): Promise<AnswerRunFragment> {
  const format = request.text?.format;
  const settings = {
    temperature: request.temperature,
    maxOutputTokens: request.max_output_tokens,
    effort: request.reasoning?.effort,
    schema: format?.type === 'json_schema' ? format.schema : undefined,
  };
  const { model } = request;
  const prompt = { place, conversation, model, settings, requestId, onBusy: 'ENQUEUE' } as const;
  return startAnswer(c, services, prompt, names);
}
