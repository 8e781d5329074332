import { z } from '@hono/zod-openapi';
import { encodeId } from '../../base/global-id.ts';
import {
  AnswerCallDocument,
  ApproveCallDocument,
  DenyCallDocument,
  GetGrantsDocument,
  RevokeGrantDocument,
} from '../../gql/graphql.ts';
import { orDefault } from '../input/or-default.ts';
import { pathId, SessionPath } from '../input/path-id.ts';
import { upperCase } from '../route/enum-case.ts';
import { jsonRoute } from '../route/json-route.ts';
import type { Route } from '../route/route.ts';
import {
  AnsweredCall,
  answeredCallJson,
  DecidedCall,
  decidedCallJson,
  Grants,
  grantsJson,
} from './approval-responses.ts';

const callId = z.string().openapi({
  description: 'The `call_id` of the tool call, as in the frame `awaiting_approval`.',
  example: 'call_1',
});

const ApproveRequest = z
  .object({
    call_id: callId,
    args: z.record(z.string(), z.unknown()).nullable().optional().openapi({
      description:
        'The arguments with which the call is to run: all of them, also those that stay as the model wrote them. They are checked against the schema of the tool, and the model is told what it had called and what was made of it. Null or left out: the arguments of the model.',
      example: null,
    }),
    remember: orDefault(z.enum(['once', 'exact', 'tool']), 'once').openapi({
      description:
        'For which later calls of the session the approval holds. `once`: for no later call. `exact`: for the same tool with the same arguments on the same node. `tool`: for every call of the tool on the nodes that are attached now. Null or left out: `once`.',
      example: 'once',
    }),
  })
  .openapi('ApproveRequest', {
    description: 'A tool call that may run. Unknown fields are ignored.',
    example: { call_id: 'call_1' },
  });

const DenyRequest = z
  .object({
    call_id: callId,
    reason: z.string().nullable().optional().openapi({
      description: 'Why, at most 1,000 characters; the model is told. Null or left out: no reason.',
      example: 'Not on a Friday.',
    }),
  })
  .openapi('DenyRequest', {
    description: 'A tool call that may not run. Unknown fields are ignored.',
    example: { call_id: 'call_1' },
  });

const AnswerRequest = z
  .object({
    call_id: callId.openapi({
      description: 'The `call_id` of the tool call, as in the frame `client_tool`.',
    }),
    result: z
      .unknown()
      .optional()
      .openapi({
        description:
          'The result: any JSON value. The model receives a text as it is, and everything else as JSON. The answer to a question must match its schema. Left out: with `error`.',
        example: { city: 'Lisbon' },
      }),
    error: z.string().nullable().optional().openapi({
      description:
        'Why there is no result, at most 4,000 characters; the model is told. Null or left out: there is a `result`.',
      example: null,
    }),
  })
  .openapi('AnswerRequest', {
    description: 'The answer to a tool call, with `result` or `error`. Unknown fields are ignored.',
    example: { call_id: 'call_1', result: { city: 'Lisbon' } },
  });

/** `/runs/{run_id}/tool-calls/…` */
const RunPath = z.object({
  run_id: pathId(
    'The id of the run that the tool call belongs to: the first part of the id of its frames.',
    7,
  ),
});

/** `/grants/{grant_id}` */
const GrantPath = z.object({ grant_id: pathId('The `id` of the grant.', 3) });

const failures = {
  404: 'The run does not exist, the user may not see it, or it has no such tool call.',
  409: 'The tool call does not wait for a decision, another decision was made, or the node of changed arguments is not connected.',
};

/** The operations on tool calls that wait for an approval or a client, and on approvals that are remembered. */
export const approvalRoutes: readonly Route[] = [
  jsonRoute({
    method: 'post',
    path: '/runs/{run_id}/tool-calls/approve',
    operationId: 'approve_tool_call',
    summary: 'Approve Tool Call',
    description:
      'Lets a tool call run that waits for an approval. You can safely repeat this request. A session has such calls while its `tool_approval` is `ask`.',
    failures,
    input: { path: RunPath, body: ApproveRequest },
    document: ApproveCallDocument,
    variables: ({ path, body: { call_id, args, remember } }) => ({
      runId: encodeId('Run', path.run_id),
      callId: call_id,
      args,
      remember: upperCase(remember),
    }),
    response: DecidedCall,
    toJson: ({ approveToolCall }, { path }) => decidedCallJson(path.run_id, approveToolCall),
  }),
  jsonRoute({
    method: 'post',
    path: '/runs/{run_id}/tool-calls/deny',
    operationId: 'deny_tool_call',
    summary: 'Deny Tool Call',
    description:
      'Denies a tool call that waits for an approval. The model is told, and the run continues. You can safely repeat this request.',
    failures,
    input: { path: RunPath, body: DenyRequest },
    document: DenyCallDocument,
    variables: ({ path, body: { call_id, reason } }) => ({
      runId: encodeId('Run', path.run_id),
      callId: call_id,
      reason,
    }),
    response: DecidedCall,
    toJson: ({ denyToolCall }, { path }) => decidedCallJson(path.run_id, denyToolCall),
  }),
  jsonRoute({
    method: 'post',
    path: '/runs/{run_id}/tool-calls/answer',
    operationId: 'answer_tool_call',
    summary: 'Answer Tool Call',
    description:
      'Answers a tool call that waits for a client: with the result of a tool that your client has run, with the answer of the user to a question, or with an error. The model is told, and the run continues. Every client of the user may answer, and the first answer counts. You can safely repeat this request.',
    failures: {
      404: failures[404],
      409: 'The tool call does not wait for a client, or there was another answer.',
    },
    input: { path: RunPath, body: AnswerRequest },
    document: AnswerCallDocument,
    variables: ({ path, body: { call_id, result, error } }) => ({
      ...{ runId: encodeId('Run', path.run_id), callId: call_id, error },
      ...(result !== undefined && { result }),
    }),
    response: AnsweredCall,
    toJson: ({ answerToolCall }, { path }) => answeredCallJson(path.run_id, answerToolCall),
  }),
  jsonRoute({
    method: 'get',
    path: '/sessions/{session_id}/grants',
    operationId: 'get_grants',
    summary: 'Get Remembered Approvals',
    description: 'Returns the approvals that hold for later tool calls of a session, oldest first.',
    input: { path: SessionPath },
    document: GetGrantsDocument,
    variables: ({ path }) => ({ id: encodeId('Session', path.session_id) }),
    response: Grants,
    toJson: ({ session }) => session && grantsJson(session),
  }),
  jsonRoute({
    method: 'delete',
    path: '/grants/{grant_id}',
    operationId: 'revoke_grant',
    summary: 'Revoke Remembered Approval',
    description:
      'Ends a grant: later calls wait for an approval again. Returns the grants that the session still has.',
    failures: { 404: 'The grant does not exist, has ended already, or the user may not see it.' },
    input: { path: GrantPath },
    document: RevokeGrantDocument,
    variables: ({ path }) => ({ id: encodeId('ToolGrant', path.grant_id) }),
    response: Grants,
    toJson: ({ revokeGrant }) => grantsJson(revokeGrant),
  }),
];
