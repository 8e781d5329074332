import { z } from '@hono/zod-openapi';
import { encodeId } from '../../base/global-id.ts';
import { CancelRunDocument } from '../../gql/graphql.ts';
import { SessionPath } from '../input/path-id.ts';
import { jsonRoute } from '../route/json-route.ts';
import { resultMessage, sessionId } from '../route/response-fields.ts';

const CancelReceipt = z
  .object({
    message: resultMessage,
    cancelled: z.boolean().openapi({
      description:
        'True: a run was cancelled. False: no run was in progress, or it ended before it could be cancelled.',
    }),
    session_id: sessionId,
    run_id: z.int().nullable().openapi({
      description: 'The id of the run that was cancelled. Null: no run was in progress.',
      example: 7,
    }),
  })
  .openapi('CancelReceipt', { description: 'Whether a run was cancelled.' });

export const cancelRun = jsonRoute({
  method: 'post',
  path: '/sessions/{session_id}/cancel',
  operationId: 'cancel_run',
  summary: 'Cancel Running AI Task',
  description:
    'Cancels the run in progress and the prompts that wait. The messages keep the text that was written so far. You can safely repeat this request.',
  input: { path: SessionPath },
  document: CancelRunDocument,
  variables: ({ path }) => ({ sessionId: encodeId('Session', path.session_id) }),
  response: CancelReceipt,
  toJson: ({ cancelRun: { cancelled, run } }, { path }) => ({
    message: cancelled ? 'Run cancelled' : 'There was no run to cancel',
    cancelled,
    session_id: path.session_id,
    run_id: run?.databaseId ?? null,
  }),
});
