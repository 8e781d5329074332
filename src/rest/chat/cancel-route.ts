import { z } from '@hono/zod-openapi';
import { encodeId } from '../../base/global-id.ts';
import { CancelRunDocument } from '../../gql/graphql.ts';
import { SessionPath } from '../input/path-id.ts';
import { jsonRoute } from '../route/json-route.ts';
import { resultMessage, sessionId } from '../route/response-fields.ts';

const CancelReceipt = z
  .object({
    message: resultMessage,
    cancelled: z.boolean().openapi({ description: 'False: there was nothing to cancel.' }),
    session_id: sessionId,
    run_id: z.int().nullable().openapi({ description: 'The run that was cancelled.', example: 7 }),
  })
  .openapi('CancelReceipt', { description: 'Whether an answer in progress was cancelled.' });

export const cancelRun = jsonRoute({
  method: 'post',
  path: '/sessions/{session_id}/cancel',
  operationId: 'cancel_run',
  summary: 'Cancel Running AI Task',
  description: 'Stops the answer in progress and keeps what was written so far. Safe to repeat.',
  input: { path: SessionPath },
  document: CancelRunDocument,
  variables: ({ path }) => ({ sessionId: encodeId('Session', path.session_id) }),
  schema: CancelReceipt,
  answer: ({ cancelRun: { cancelled, run } }, { path }) => ({
    message: cancelled ? 'Run cancelled' : 'There was no run to cancel',
    cancelled,
    session_id: path.session_id,
    run_id: run?.databaseId ?? null,
  }),
});
