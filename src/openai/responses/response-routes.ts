import { z } from 'zod';
import {
  type AnswerRunFragment,
  CancelAnswerDocument,
  DeleteAnswerDocument,
  DropConversationDocument,
} from '../../gql/graphql.ts';
import { followAnswer } from '../answer/follow-answer.ts';
import { failureOf } from '../answer/run-failure.ts';
import { streamAnswer } from '../answer/stream-answer.ts';
import { badParameter } from '../errors/api-error.ts';
import { readIdempotencyKey } from '../input/idempotency-key.ts';
import { readBody } from '../input/read-body.ts';
import { dropSession } from '../route/drop-session.ts';
import { executeDocument } from '../route/execute.ts';
import type { ApiContext, ApiServices, Route } from '../route/route.ts';
import { type Asked, ask, featureName } from './ask.ts';
import { seqOf } from './event-numbers.ts';
import { EventWriter } from './event-writer.ts';
import { type FoundResponse, findResponse } from './find-response.ts';
import { promptItem } from './prompt-item.ts';
import { responseJson, stateAtEnd, stateAtStart, stateOf } from './response-json.ts';
import { readRequest } from './response-request.ts';

export const responseRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/responses',
    operationId: 'openai_create_response',
    async handle(c, services) {
      const asked = { ...readRequest(await readBody(c, services)), requestId: readIdempotencyKey(c) };
      const run = await ask(c, services, asked);
      try {
        return await answer(c, services, asked, run);
      } finally {
        if (asked.request.store === false) await forget(c, services, asked, run);
      }
    },
  },
  {
    method: 'get',
    path: '/responses/:id',
    operationId: 'openai_get_response',
    async handle(c, services) {
      const { stream, startingAfter } = readResume(c);
      const run = await findResponse(c, services, c.req.param('id') ?? '');
      if (!stream) return c.json(responseJson(run, stateOf(run)));
      const splitAt = startingAfter === undefined ? undefined : seqOf(startingAfter);
      const options = { runId: run.id, cancelsWhenLeft: false, splitAt };
      return streamAnswer(c, services, options, new EventWriter(run, { after: startingAfter }));
    },
  },
  {
    method: 'post',
    path: '/responses/:id/cancel',
    operationId: 'openai_cancel_response',
    async handle(c, services) {
      const id = c.req.param('id') ?? '';
      const { id: runId } = await findResponse(c, services, id);
      await executeDocument(c, services, CancelAnswerDocument, { runId });
      const run = await findResponse(c, services, id);
      return c.json(responseJson(run, stateOf(run)));
    },
  },
  {
    method: 'get',
    path: '/responses/:id/input_items',
    operationId: 'openai_list_input_items',
    async handle(c, services) {
      const { userMessage } = await findResponse(c, services, c.req.param('id') ?? '');
      const data = userMessage ? [promptItem(userMessage)] : [];
      const ids = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
      return c.json({ object: 'list', data, ...ids, has_more: false });
    },
  },
  {
    method: 'delete',
    path: '/responses/:id',
    operationId: 'openai_delete_response',
    async handle(c, services) {
      const id = c.req.param('id') ?? '';
      await deleteResponse(c, services, await findResponse(c, services, id));
      return c.json({ id, object: 'response', deleted: true });
    },
  },
];

async function answer(
  c: ApiContext,
  services: ApiServices,
  { request, requestId }: Asked,
  run: AnswerRunFragment,
): Promise<Response> {
  // In the background the run goes on without its client, and one with an idempotency key comes back for the answer.
  const options = { runId: run.id, cancelsWhenLeft: !request.background && requestId === null };
  if (request.stream) return streamAnswer(c, services, options, new EventWriter(run, { request }));
  if (request.background) return c.json(responseJson(run, stateAtStart(run), request));
  const last = await followAnswer(c, services, options);
  if (last === undefined) return c.body(null, 499 as 400);
  if (last.__typename === 'RunFailed') throw failureOf(last);
  return c.json(responseJson(run, stateAtEnd(run, last), request));
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
  const { errors } = await services.executor.execute(DeleteAnswerDocument, { id: userMessage.id }, c.req.raw);
  if (errors)
    services.log.warn({ err: errors[0] }, 'an answer that is not to be stored could not be deleted');
}

/** Deletes the prompt and the answer with all that follow them, or the session, if it has nothing else. */
async function deleteResponse(c: ApiContext, services: ApiServices, run: FoundResponse): Promise<void> {
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
