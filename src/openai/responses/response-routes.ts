import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { z } from 'zod';
import type { LegOfRun } from '../../dialect/answer/answer-calls.ts';
import { type AnswerEnd, followAnswer } from '../../dialect/answer/follow-answer.ts';
import { Leg } from '../../dialect/answer/leg.ts';
import { failureOf } from '../../dialect/answer/run-failure.ts';
import { streamAnswer } from '../../dialect/answer/stream-answer.ts';
import { badParameter } from '../../dialect/errors/api-error.ts';
import { readIdempotencyKey } from '../../dialect/input/idempotency-key.ts';
import { readBody } from '../../dialect/input/read-body.ts';
import { dropSession } from '../../dialect/route/drop-session.ts';
import { executeDocument, executeQuietly } from '../../dialect/route/execute.ts';
import type { ApiContext, ApiServices, Route } from '../../dialect/route/route.ts';
import {
  type AnswerRunFragment,
  CancelAnswerDocument,
  DeleteAnswerDocument,
  DropConversationDocument,
} from '../../gql/graphql.ts';
import { type Asked, ask } from './ask.ts';
import { seqOf } from './event-numbers.ts';
import { EventWriter } from './event-writer.ts';
import { type FoundRun, findResponse } from './find-response.ts';
import { inputItemsOf } from './input-items.ts';
import { featureName } from './parameter-names.ts';
import { responseJson, stateAtEnd, stateAtStart, stateOf } from './response-json.ts';
import { readRequest } from './response-request.ts';

export const responseRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/responses',
    operationId: 'openai_create_response',
    async handle(c, services) {
      const asking = { ...readRequest(await readBody(c, services)), requestId: readIdempotencyKey(c) };
      const started = await ask(c, services, asking);
      let end: AnswerEnd | undefined;
      try {
        const answered = await answer(c, services, asking, started);
        end = answered.end;
        return answered.response;
      } finally {
        // A run that waits for the client still needs it.
        const isOver = end?.__typename !== 'CallsAwaited';
        if (isOver && asking.request.store === false) await forget(c, services, asking, started.run);
      }
    },
  },
  {
    method: 'get',
    path: '/responses/:id',
    operationId: 'openai_get_response',
    async handle(c, services) {
      const { stream, startingAfter } = readResume(c);
      const found = await findResponse(c, services, idOf(c));
      const { run, leg, step } = found;
      if (!stream) return c.json(responseJson(run, stateOf(found), { after: step }));
      const splitAt = startingAfter === undefined ? undefined : seqOf(startingAfter);
      const shown = new Leg({ place: leg, message: step === 0 ? null : run.assistantMessage });
      const options = { runId: run.id, cancelsWhenLeft: false, splitAt, leg: shown };
      await streamAnswer(c, services, options, new EventWriter(run, { after: startingAfter, step }));
      return RESPONSE_ALREADY_SENT;
    },
  },
  {
    method: 'post',
    path: '/responses/:id/cancel',
    operationId: 'openai_cancel_response',
    async handle(c, services) {
      const { run } = await findResponse(c, services, idOf(c));
      await executeDocument(c, services, CancelAnswerDocument, { runId: run.id });
      const found = await findResponse(c, services, idOf(c));
      return c.json(responseJson(found.run, stateOf(found), { after: found.step }));
    },
  },
  {
    method: 'get',
    path: '/responses/:id/input_items',
    operationId: 'openai_list_input_items',
    async handle(c, services) {
      const data = inputItemsOf(await findResponse(c, services, idOf(c)));
      const ids = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
      return c.json({ object: 'list', data, ...ids, has_more: false });
    },
  },
  {
    method: 'delete',
    path: '/responses/:id',
    operationId: 'openai_delete_response',
    async handle(c, services) {
      const id = idOf(c);
      const { run } = await findResponse(c, services, id);
      await deleteResponse(c, services, run);
      return c.json({ id, object: 'response', deleted: true });
    },
  },
];

function idOf(c: ApiContext): string {
  return c.req.param('id') ?? '';
}

async function answer(
  c: ApiContext,
  services: ApiServices,
  { request, requestId }: Asked,
  { run, leg, after }: LegOfRun,
): Promise<{ response: Response; end: AnswerEnd | undefined }> {
  // In the background the run goes on without its client, and one with an idempotency key comes back for the answer.
  const options = { runId: run.id, cancelsWhenLeft: !request.background && requestId === null, leg };
  if (request.stream) {
    const end = await streamAnswer(c, services, options, new EventWriter(run, { request, step: after }));
    return { response: RESPONSE_ALREADY_SENT, end };
  }
  const shown = { after, request };
  if (request.background)
    return { response: c.json(responseJson(run, stateAtStart(run), shown)), end: undefined };
  const end = await followAnswer(c, services, options);
  if (end === undefined) return { response: c.body(null, 499 as 400), end };
  if (end.__typename === 'RunFailed') throw failureOf(end);
  const state = stateAtEnd({ run: run.databaseId, after }, end);
  return { response: c.json(responseJson(run, state, shown)), end };
}

/** Deletes what a request with `store: false` has left: its session, or its prompt and answer in the session of another. */
async function forget(
  c: ApiContext,
  services: ApiServices,
  { request }: Asked,
  { session, userMessage }: AnswerRunFragment,
): Promise<void> {
  if (request.previous_response_id == null) return dropSession(c, services, session.id);
  if (!userMessage) return;
  const failure = 'an answer that is not to be stored could not be deleted';
  await executeQuietly(c, services, DeleteAnswerDocument, { id: userMessage.id }, failure);
}

/** Deletes the prompt and the answer with all that follow them, or the session, if it has nothing else. */
async function deleteResponse(c: ApiContext, services: ApiServices, run: FoundRun): Promise<void> {
  const { session, userMessage } = run;
  if (!userMessage) return;
  const isFirst = !userMessage.parent && userMessage.siblings.length === 1;
  if (isFirst && session.featureName === featureName) {
    await executeDocument(c, services, DropConversationDocument, { id: session.id });
  } else {
    await executeDocument(c, services, DeleteAnswerDocument, { id: userMessage.id });
  }
}

const resumeNumber = z.string().regex(/^\d{1,12}$/);

function readResume(c: ApiContext): { stream: boolean; startingAfter: number | undefined } {
  const { stream, starting_after: after } = c.req.query();
  if (stream !== undefined && stream !== 'true' && stream !== 'false') {
    throw badParameter('stream', "expected 'true' or 'false'.");
  }
  if (after === undefined) return { stream: stream === 'true', startingAfter: undefined };
  if (stream !== 'true') throw badParameter('starting_after', "it needs 'stream=true'.");
  if (!resumeNumber.safeParse(after).success) {
    throw badParameter('starting_after', 'expected the sequence_number of an event.');
  }
  return { stream: true, startingAfter: Number(after) };
}
