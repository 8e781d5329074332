import { z } from '@hono/zod-openapi';
import type { AnsweredCallFragment, DecidedCallFragment, GrantFieldsFragment } from '../../gql/graphql.ts';
import { lowerCase, lowerCaseOrNull } from '../route/enum-case.ts';
import { dateTime, sessionId, toolCallStates } from '../route/response-fields.ts';

export const DecidedCall = z
  .object({
    run_id: z.int().openapi({ description: 'The id of the run.', example: 7 }),
    call_id: z.string().openapi({ description: 'The id of the tool call, unique within the run.' }),
    name: z.string().openapi({ description: 'The name of the tool.' }),
    args: z.unknown().openapi({ description: 'The arguments that the model passed to the tool.' }),
    changed_args: z.unknown().openapi({
      description:
        'The arguments with which the call runs in place of `args`, because a user changed them. Null: nobody did.',
    }),
    node_id: z.string().nullable().openapi({
      description: 'The id of the node that runs the tool. Null: the tool needs no node.',
    }),
    status: z.enum(toolCallStates).openapi({
      description: 'The state of the tool call. After an approval it may have ended already.',
    }),
    decision: z
      .enum(['approved', 'denied', 'expired'])
      .nullable()
      .openapi({ description: 'The decision that was made.' }),
    decided_by: z.string().nullable().openapi({
      description: 'The id of the user who decided, or who gave the grant that decided.',
    }),
    by_grant: z.boolean().openapi({ description: 'Whether a grant of the session decided.' }),
  })
  .openapi('DecidedCall', { description: 'A tool call and the decision about it.' });

const Grant = z
  .object({
    id: z.int().openapi({ description: 'The id of the grant.', example: 3 }),
    tool_name: z.string().openapi({ description: 'The name of the tool.', example: 'run_command' }),
    args: z.unknown().openapi({
      description: 'The only arguments with which the tool may run. Null: any arguments.',
    }),
    node_id: z.string().nullable().openapi({
      description: 'The id of the node on which the tool may run. Null: the tool needs no node.',
    }),
    granted_by: z.string().openapi({ description: 'The id of the user who gave it.' }),
    created_at: dateTime('When it was given.'),
  })
  .openapi('Grant', { description: 'An approval that holds for later tool calls of a session.' });

export const AnsweredCall = z
  .object({
    run_id: z.int().openapi({ description: 'The id of the run.', example: 7 }),
    call_id: z.string().openapi({ description: 'The id of the tool call, unique within the run.' }),
    name: z.string().openapi({ description: 'The name of the tool; `ask_user` for a question to the user.' }),
    args: z.unknown().openapi({ description: 'The arguments that the model passed to the tool.' }),
    status: z.enum(toolCallStates).openapi({
      description: 'The state of the tool call: `succeeded`, or `failed` after an `error`.',
    }),
    result: z.string().nullable().openapi({ description: 'The answer, as the model receives it.' }),
    answered_by: z.string().nullable().openapi({ description: 'The id of the user whose client answered.' }),
  })
  .openapi('AnsweredCall', { description: 'A tool call that a client has answered.' });

export const Grants = z
  .object({
    session_id: sessionId,
    grants: z.array(Grant).openapi({ description: 'The grants of the session, oldest first.' }),
  })
  .openapi('Grants', { description: 'The approvals that hold for later tool calls of a session.' });

export function decidedCallJson(runId: number, call: DecidedCallFragment | null | undefined) {
  if (!call) return null;
  return {
    run_id: runId,
    call_id: call.callId,
    name: call.name,
    args: call.args ?? null,
    changed_args: call.changedArgs ?? null,
    node_id: call.nodeId ?? null,
    status: lowerCase(call.status),
    decision: lowerCaseOrNull(call.decision),
    decided_by: call.decidedBy ?? null,
    by_grant: call.byGrant,
  };
}

export function answeredCallJson(runId: number, call: AnsweredCallFragment) {
  return {
    run_id: runId,
    call_id: call.callId,
    name: call.name,
    args: call.args ?? null,
    status: lowerCase(call.status),
    result: call.result ?? null,
    answered_by: call.answeredBy ?? null,
  };
}

export function grantsJson(session: { databaseId: number; grants: readonly GrantFieldsFragment[] }) {
  return {
    session_id: session.databaseId,
    grants: session.grants.map((grant) => ({
      id: grant.databaseId,
      tool_name: grant.toolName,
      args: grant.args ?? null,
      node_id: grant.node?.nodeId ?? null,
      granted_by: grant.grantedBy,
      created_at: grant.createdAt,
    })),
  };
}
