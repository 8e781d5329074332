import type { AnswerRunFragment } from '../../gql/graphql.ts';
import { followAnswer } from '../answer/follow-answer.ts';
import { failureOf } from '../answer/run-failure.ts';
import { type Place, startAnswer } from '../answer/start-answer.ts';
import { streamAnswer } from '../answer/stream-answer.ts';
import { ApiError, unsupported } from '../errors/api-error.ts';
import type { ParameterNames } from '../errors/graphql-error.ts';
import type { Conversation } from '../input/conversation.ts';
import { readIdempotencyKey } from '../input/idempotency-key.ts';
import { chooseModel } from '../input/model-choice.ts';
import { readBody } from '../input/read-body.ts';
import { dropSession } from '../route/drop-session.ts';
import { writeId } from '../route/ids.ts';
import type { ApiContext, ApiServices, Route } from '../route/route.ts';
import { ChunkWriter } from './chunk-writer.ts';
import { completionJson } from './completion-json.ts';
import { type CompletionRequest, readRequest } from './completion-request.ts';
import { beginningTag, findPlace, keyTag, namedPlace, sessionHeader } from './find-session.ts';
import { makeRoom, openSession } from './open-session.ts';

const names: ParameterNames = {
  'input.prompt': 'messages',
  'input.history': 'messages',
  'input.systemPrompt': 'messages',
  'input.attachmentIds': 'messages',
  'input.settings.maxOutputTokens': 'max_completion_tokens',
  'input.settings.reasoningEffort': 'reasoning_effort',
  'input.settings.responseSchema': 'response_format',
  'input.requestId': 'Idempotency-Key',
  'input.replyTo': sessionHeader,
};

interface Asked {
  request: CompletionRequest;
  conversation: Conversation;
  requestId: string | null;
}

export const completionRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/chat/completions',
    operationId: 'openai_create_completion',
    async handle(c, services) {
      const asked = { ...readRequest(await readBody(c, services)), requestId: readIdempotencyKey(c) };
      const run = await ask(c, services, asked);
      c.header(sessionHeader, writeId('conversation', run.session.databaseId));
      try {
        return await answer(c, services, asked, run);
      } finally {
        if (asked.request.store === false) await dropSession(c, services, run.session.id);
      }
    },
  },
];

/** Sends the prompt to the session that holds the conversation, or to a new one. */
async function ask(c: ApiContext, services: ApiServices, asked: Asked): Promise<AnswerRunFragment> {
  const { conversation, request, requestId } = asked;
  const named = c.req.header(sessionHeader);
  if (named !== undefined) {
    if (request.store === false)
      throw unsupported('store', `It would delete the session of ${sessionHeader}.`);
    return send(c, services, asked, await namedPlace(c, services, named, conversation));
  }
  const place = request.store === false ? undefined : await findPlace(c, services, conversation, requestId);
  if (place) {
    try {
      return await send(c, services, asked, place);
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
  }
  return sendToNew(c, services, asked);
}

/**
 * Whether another session has to take the prompt: this one is answering, is full, has too many branches there or has been
 * deleted.
 */
function isTaken(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const { code, param } = error.body.error;
  return param === sessionHeader || ['run_in_progress', 'quota_exceeded', 'not_found'].includes(code ?? '');
}

async function sendToNew(c: ApiContext, services: ApiServices, asked: Asked): Promise<AnswerRunFragment> {
  const { conversation, request, requestId } = asked;
  const tags = [beginningTag(conversation), ...(requestId ? [keyTag(requestId)] : [])];
  const settings = { ...chooseModel(request.model), tags, metadata: request.metadata };
  const session = await openSession(c, services, conversation, settings, names);
  // A session that is deleted with its answer needs no room.
  if (request.store !== false) await makeRoom(c, services);
  try {
    return await send(c, services, asked, { session, replyTo: null });
  } catch (error) {
    // Nothing of a request that is refused stays.
    await dropSession(c, services, session.id);
    throw error;
  }
}

function send(
  c: ApiContext,
  services: ApiServices,
  { request, conversation, requestId }: Asked,
  place: Place,
): Promise<AnswerRunFragment> {
  const settings = {
    temperature: request.temperature,
    maxOutputTokens: request.max_completion_tokens ?? request.max_tokens,
    effort: request.reasoning_effort,
    schema:
      request.response_format?.type === 'json_schema'
        ? request.response_format.json_schema.schema
        : undefined,
  };
  const { model } = request;
  const prompt = { place, conversation, model, settings, requestId, onBusy: 'REJECT' } as const;
  return startAnswer(c, services, prompt, names);
}

async function answer(
  c: ApiContext,
  services: ApiServices,
  { request, requestId }: Asked,
  run: AnswerRunFragment,
): Promise<Response> {
  // A client with an idempotency key comes back for the answer.
  const options = { runId: run.id, cancelsWhenLeft: requestId === null };
  if (request.stream) {
    const includeUsage = request.stream_options?.include_usage === true;
    return streamAnswer(c, services, options, new ChunkWriter(run, { includeUsage }));
  }
  const last = await followAnswer(c, services, options);
  if (last === undefined) return c.body(null, 499 as 400);
  if (last.__typename !== 'RunCompleted') throw failureOf(last);
  return c.json(completionJson(run, last));
}
