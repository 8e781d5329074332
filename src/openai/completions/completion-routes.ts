import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { unstoredFeature } from '../../base/unstored-feature.ts';
import type { LegOfRun } from '../../dialect/answer/answer-calls.ts';
import { type AnswerEnd, followAnswer } from '../../dialect/answer/follow-answer.ts';
import { Leg } from '../../dialect/answer/leg.ts';
import { failureOf } from '../../dialect/answer/run-failure.ts';
import { type Place, startAnswer } from '../../dialect/answer/start-answer.ts';
import { streamAnswer } from '../../dialect/answer/stream-answer.ts';
import { ApiError, unsupported } from '../../dialect/errors/api-error.ts';
import type { ParameterNames } from '../../dialect/errors/graphql-error.ts';
import { retold } from '../../dialect/input/conversation.ts';
import { readIdempotencyKey } from '../../dialect/input/idempotency-key.ts';
import { chooseModel } from '../../dialect/input/model-choice.ts';
import { readBody } from '../../dialect/input/read-body.ts';
import { dropSession } from '../../dialect/route/drop-session.ts';
import type { ApiContext, ApiServices, Route } from '../../dialect/route/route.ts';
import type { AnswerRunFragment } from '../../gql/graphql.ts';
import { goOn } from '../branch/go-on.ts';
import { writeId } from '../route/ids.ts';
import { ChunkWriter } from './chunk-writer.ts';
import { completionJson } from './completion-json.ts';
import { readRequest } from './completion-request.ts';
import { beginningTag, findNamed, findPlace, keyTag, namedPlace, sessionHeader } from './find-session.ts';
import { makeRoom, openSession } from './open-session.ts';

const names: ParameterNames = {
  'input.prompt': 'messages',
  'input.history': 'messages',
  'input.systemPrompt': 'messages',
  'input.attachmentIds': 'messages',
  'input.tools': 'tools',
  'input.settings.maxOutputTokens': 'max_completion_tokens',
  'input.settings.reasoningEffort': 'reasoning_effort',
  'input.settings.responseSchema': 'response_format',
  'input.requestId': 'Idempotency-Key',
  'input.replyTo': sessionHeader,
};

interface Asked extends ReturnType<typeof readRequest> {
  requestId: string | null;
}

export const completionRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/chat/completions',
    operationId: 'openai_create_completion',
    async handle(c, services) {
      const asked = { ...readRequest(await readBody(c, services)), requestId: readIdempotencyKey(c) };
      const started = await ask(c, services, asked);
      const { session } = started.run;
      c.header(sessionHeader, writeId('conversation', session.databaseId));
      let end: AnswerEnd | undefined;
      try {
        const answered = await answer(c, services, asked, started);
        end = answered.end;
        return answered.response;
      } finally {
        // A run that waits for the client still needs it.
        const isOver = end?.__typename !== 'CallsAwaited';
        if (isOver && asked.request.store === false) await dropSession(c, services, session.id);
      }
    },
  },
];

/**
 * Sends the prompt to the session that holds the conversation, or to a new one; or the results of tools to the run that
 * waits for them.
 */
async function ask(c: ApiContext, services: ApiServices, asked: Asked): Promise<LegOfRun> {
  const { conversation, request, requestId } = asked;
  const named = c.req.header(sessionHeader);
  if (named !== undefined) {
    if (request.store === false)
      throw unsupported('store', `It would delete the session of ${sessionHeader}.`);
    return askNamed(c, services, asked, named);
  }
  if (conversation.begun) {
    // Without tools the model has to end the answer, and a run keeps the tools that it began with.
    const next = request.tool_choice === 'none' ? undefined : await goOn(c, services, conversation);
    return next ?? begun(await sendToNew(c, services, { ...asked, conversation: retold(conversation) }));
  }
  const place = request.store === false ? undefined : await findPlace(c, services, conversation, requestId);
  if (place) {
    try {
      return begun(await send(c, services, asked, place));
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
  }
  return begun(await sendToNew(c, services, asked));
}

async function askNamed(c: ApiContext, services: ApiServices, asked: Asked, name: string): Promise<LegOfRun> {
  const { conversation } = asked;
  if (!conversation.begun) {
    return begun(await send(c, services, asked, await namedPlace(c, services, name, conversation)));
  }
  const session = await findNamed(c, services, name);
  const next = await goOn(c, services, conversation, session.id);
  if (next) return next;
  const message = `No run of the session of ${sessionHeader} waits for these results, or it has another history.`;
  throw new ApiError(409, message, { code: 'history_mismatch', param: 'messages' });
}

function begun(run: AnswerRunFragment): LegOfRun {
  return { run, leg: new Leg(), after: 0 };
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
  const part = request.store === false ? { featureName: unstoredFeature } : {};
  const settings = { ...part, ...chooseModel(request.model), tags, metadata: request.metadata };
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
  { request, conversation, tools, requestId }: Asked,
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
  const prompt = { place, conversation, model, settings, tools, requestId, onBusy: 'REJECT' } as const;
  return startAnswer(c, services, prompt, names);
}

async function answer(
  c: ApiContext,
  services: ApiServices,
  { request, requestId }: Asked,
  { run, leg, after }: LegOfRun,
): Promise<{ response: Response; end: AnswerEnd | undefined }> {
  // A client with an idempotency key comes back for the answer.
  const options = { runId: run.id, cancelsWhenLeft: requestId === null, leg };
  if (request.stream) {
    const includeUsage = request.stream_options?.include_usage === true;
    const end = await streamAnswer(c, services, options, new ChunkWriter(run, { includeUsage, after }));
    return { response: RESPONSE_ALREADY_SENT, end };
  }
  const end = await followAnswer(c, services, options);
  if (end === undefined) return { response: c.body(null, 499 as 400), end };
  if (end.__typename === 'RunCancelled' || end.__typename === 'RunFailed') throw failureOf(end);
  return { response: c.json(completionJson(run, end, after)), end };
}
