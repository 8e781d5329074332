import { runNotFound } from '../chat/engine.ts';
import type { NewStreamTicket } from '../identity/stream-tickets.ts';
import { userOf } from './access/access.ts';
import { builder } from './builder.ts';
import { findRun } from './find-rows.ts';
import { idArg } from './id-argument.ts';
import { RunRef } from './run.ts';

const StreamTicketRef = builder
  .objectRef<NewStreamTicket & { runId: number; sessionId: number }>('StreamTicket')
  .implement({
    description:
      'The permission to follow one run, for a browser’s EventSource, which can send no token. It is a part of the URL: `ticket=…`.',
    fields: (t) => ({
      ticket: t.exposeString('ticket', {
        description:
          'The ticket. For `/graphql/stream`, add it as the parameter `ticket` to a GET whose `query` is a subscription to `runEvents` of the run. From a run event, the document may select the run and its messages, and nothing that they lead to.',
      }),
      expiresAt: t.expose('expiresAt', {
        type: 'DateTime',
        description:
          'Until then the ticket opens streams, as often as an EventSource reconnects. A stream that is open goes on.',
      }),
      url: t.string({
        description:
          'The path on this gateway of the run’s stream in the frames of the REST API, with the ticket. An EventSource can open it as it is.',
        resolve: ({ sessionId, ticket }) => `/api/v1/sessions/${sessionId}/chat?ticket=${ticket}`,
      }),
      runId: t.globalID({
        description: 'The `id` of the run.',
        resolve: ({ runId }) => ({ type: 'Run', id: runId }),
      }),
    }),
  });

builder.mutationField('createStreamTicket', (t) =>
  t.field({
    type: StreamTicketRef,
    nullable: true,
    authScopes: (_root, { runId }) => ({ run: runId }),
    description:
      'Creates a ticket with which a browser’s EventSource follows a run, so that the token of the user is in no URL. It opens the stream of that run with GET, and nothing else, for `STREAM_TICKET_TTL_MS` (default: 5 minutes). If the prompt of the run joins the answer of another run (`onBusy: STEER`), it opens the stream of that run too, which goes on with the same answer. An expired ticket gets 401, and the EventSource closes: create a new ticket, and resume after the last event. The stream ends when the token that made the ticket expires or is revoked. Errors: NOT_FOUND.',
    args: { runId: idArg(t, RunRef, 'The `id` of the run.') },
    resolve: async (_root, { runId }, context) => {
      const run = await findRun({ runId }, undefined, context);
      if (!run) throw runNotFound(runId);
      const ticket = await context.streamTickets.create(runId, userOf(context));
      return { ...ticket, runId, sessionId: run.sessionId };
    },
  }),
);
