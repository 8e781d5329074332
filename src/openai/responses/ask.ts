import { unstoredFeature } from '../../base/unstored-feature.ts';
import type { LegOfRun } from '../../dialect/answer/answer-calls.ts';
import { Leg } from '../../dialect/answer/leg.ts';
import { type Place, startAnswer } from '../../dialect/answer/start-answer.ts';
import { badParameter, unsupported } from '../../dialect/errors/api-error.ts';
import { type Conversation, historyOf, retold } from '../../dialect/input/conversation.ts';
import { chooseModel } from '../../dialect/input/model-choice.ts';
import { dropSession } from '../../dialect/route/drop-session.ts';
import { executeDocument } from '../../dialect/route/execute.ts';
import { openConversation } from '../../dialect/route/open-conversation.ts';
import type { ApiContext, ApiServices } from '../../dialect/route/route.ts';
import {
  type AnswerRunFragment,
  ChangeConversationDocument,
  type ClientToolInput,
  type ConversationFieldsFragment,
} from '../../gql/graphql.ts';
import { goOn } from '../branch/go-on.ts';
import { findConversation } from '../route/find-conversation.ts';
import { answerResults } from './answer-results.ts';
import { featureName, names } from './parameter-names.ts';
import { placeBehind } from './place-behind.ts';
import type { AskedInput, ResponseRequest } from './response-request.ts';

export interface Asked<Input = AskedInput> {
  request: ResponseRequest;
  asked: Input;
  tools: ClientToolInput[] | null;
  requestId: string | null;
}

/**
 * Sends the prompt to the session of the response or conversation that it continues, or to a new one; or the results of
 * tools to the run that waits for them.
 */
export async function ask(c: ApiContext, services: ApiServices, asking: Asked): Promise<LegOfRun> {
  const { asked, request } = asking;
  if (Array.isArray(asked)) return answerResults(c, services, request, asked);
  const run = await askNew(c, services, { ...asking, asked });
  return 'leg' in run ? run : { run, leg: new Leg(), after: 0 };
}

async function askNew(
  c: ApiContext,
  services: ApiServices,
  asking: Asked<Conversation>,
): Promise<AnswerRunFragment | LegOfRun> {
  const { request, asked } = asking;
  if (request.previous_response_id != null) {
    const place = await placeBehind(c, services, request.previous_response_id);
    return continueAt(c, services, asking, place);
  }
  if (request.conversation != null) {
    const { conversation } = request;
    const id = typeof conversation === 'string' ? conversation : conversation.id;
    return continueAt(c, services, asking, {
      session: await findConversation(c, services, id, 'conversation'),
      replyTo: null,
    });
  }
  // Without tools the model has to end the answer, and a run keeps the tools that it began with.
  const next = asked.begun && request.tool_choice !== 'none' && (await goOn(c, services, asked));
  return next || askInNew(c, services, { ...asking, asked: retold(asked) });
}

async function askInNew(
  c: ApiContext,
  services: ApiServices,
  asking: Asked<Conversation>,
): Promise<AnswerRunFragment> {
  const session = await openSession(c, services, asking);
  try {
    return await send(c, services, asking, { session, replyTo: null });
  } catch (error) {
    // Nothing of a request that is refused stays.
    await dropSession(c, services, session.id);
    throw error;
  }
}

async function continueAt(
  c: ApiContext,
  services: ApiServices,
  asking: Asked<Conversation>,
  place: Place,
): Promise<AnswerRunFragment> {
  const { asked, request } = asking;
  if (asked.exchanges.length > 0) {
    throw badParameter(
      'input',
      'expected only new messages of the user: the gateway has the answers before them.',
    );
  }
  if (request.store === false && request.conversation != null) {
    throw unsupported('store', 'A conversation keeps its messages.');
  }
  const session = await settle(c, services, asking, place.session);
  return send(c, services, asking, { ...place, session });
}

/** Gives the session the instructions and the metadata of the request, where it has others. */
async function settle(
  c: ApiContext,
  services: ApiServices,
  { request, asked }: Asked<Conversation>,
  session: ConversationFieldsFragment,
): Promise<ConversationFieldsFragment> {
  // As with OpenAI, instructions are not those of the previous response. A session made elsewhere has its own.
  const isOwn = session.featureName === featureName && request.previous_response_id != null;
  const systemPrompt = asked.system ?? (isOwn ? null : undefined);
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
  { request, asked }: Asked<Conversation>,
): Promise<ConversationFieldsFragment> {
  const input = {
    featureName: request.store === false ? unstoredFeature : featureName,
    ...chooseModel(request.model),
    systemPrompt: asked.system,
    history: historyOf(asked.exchanges, earlierFiles),
    metadata: request.metadata,
  };
  return openConversation(c, services, input, names);
}

const earlierFiles =
  "the gateway takes files only in the last message. Continue with 'previous_response_id', and it has the earlier ones.";

function send(
  c: ApiContext,
  services: ApiServices,
  { request, asked: conversation, tools, requestId }: Asked<Conversation>,
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
  const prompt = { place, conversation, model, settings, tools, requestId, onBusy: 'ENQUEUE' } as const;
  return startAnswer(c, services, prompt, names);
}
