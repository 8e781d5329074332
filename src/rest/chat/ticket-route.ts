import { z } from '@hono/zod-openapi';
import { encodeId } from '../../base/global-id.ts';
import { CreateStreamTicketDocument } from '../../gql/graphql.ts';
import { RestError } from '../errors/rest-error.ts';
import { SessionPath } from '../input/path-id.ts';
import { readInput } from '../input/read-input.ts';
import { describeJsonRoute } from '../route/describe-route.ts';
import { executeDocument } from '../route/execute.ts';
import { dateTime, sessionId } from '../route/response-fields.ts';
import type { Route } from '../route/route.ts';
import { findNewestRun } from './run-to-follow.ts';

const StreamTicket = z
  .object({
    session_id: sessionId,
    run_id: z.int().openapi({ description: 'The id of the run that the ticket is for.', example: 7 }),
    ticket: z.string().openapi({ description: 'The ticket. Treat it as a secret until it expires.' }),
    expires_at: dateTime('Until then the ticket opens streams. A stream that is open goes on.'),
    url: z.string().openapi({
      description: 'The path on this gateway that an EventSource opens, with the ticket.',
      example: '/api/v1/sessions/1/chat?ticket=eyJhbGciOiJIUzI1NiJ9…',
    }),
  })
  .openapi('StreamTicket', { description: 'The permission to follow one run.' });

const input = { path: SessionPath };

/** Creates a ticket for the run that `GET /sessions/{session_id}/chat` would follow. */
export const createTicket: Route = {
  ...describeJsonRoute({
    method: 'post',
    path: '/sessions/{session_id}/chat/ticket',
    operationId: 'create_stream_ticket',
    summary: 'Create a Ticket for an EventSource',
    description:
      'Creates a ticket with which a browser’s EventSource follows the run in progress or, if no run is in progress, the last run of the session. An EventSource can send no token, and a token must not be in a URL. The ticket opens the stream of that run, and nothing else, for some minutes, also when the EventSource reconnects. After that it gets 401: create a new ticket, and resume with `lastEventId`.',
    input,
    failures: { 404: 'The session does not exist, the user may not see it, or it has had no run.' },
    response: StreamTicket,
  }),
  async handle(c, services) {
    const { raw, parsed } = await readInput(c, services, input);
    const { session_id } = parsed.path;
    const run = await findNewestRun(c, services, session_id);
    if (!run) throw new RestError(404, 'The session has no run to follow');
    const variables = { runId: encodeId('Run', run.databaseId) };
    const { createStreamTicket: created } = await executeDocument(
      c,
      services,
      CreateStreamTicketDocument,
      variables,
      raw,
    );
    if (!created) throw new RestError(404, 'The session has no run to follow');
    const { ticket, expiresAt, url } = created;
    return c.json({ session_id, run_id: run.databaseId, ticket, expires_at: expiresAt, url });
  },
};
