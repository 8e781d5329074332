import { z } from 'zod';
import { isBlank } from '../base/is-blank.ts';
import { passLongIntegers } from '../base/long-integers.ts';
import type { ClientAnswer } from '../chat/tool-calls/answer-call.ts';
import { GatewayError } from '../errors.ts';
import { userOf } from './access/access.ts';
import { builder } from './builder.ts';
import { idArg } from './id-argument.ts';
import { RunRef } from './run.ts';
import { type RunEventOf, RunEventRef } from './run-event.ts';
import { ToolCallRef } from './tool-call.ts';

const errorText = z
  .string()
  .refine((text) => !isBlank(text), 'expected some text')
  .max(4_000, 'expected at most 4,000 characters');

builder.objectRef<RunEventOf<'ClientToolRequested'>>('ClientToolRequested').implement({
  description:
    'A tool call waits for a client: for one that runs a tool of `ChatInput.tools`, or, if `name` is `ask_user`, for the answer of the user. Any client that can see the run answers with `answerToolCall`, and the first answer counts. `ToolCallFinished` tells when the call does not wait any more, also because no answer came in time or the run was cancelled. A client leaves calls alone whose `name` it does not know.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    callId: t.exposeID('callId', { description: 'The id of the call, unique within the run.' }),
    name: t.exposeString('name', {
      description: 'The name of the tool; `ask_user` for a question to the user.',
    }),
    args: t.field({
      type: 'JSON',
      nullable: true,
      description:
        'The arguments that the model gave. They match the schema of the tool. Those of `ask_user` are `question`, a text, and `schema`, the JSON Schema of the answer; without `schema` the answer is a text.',
      resolve: ({ args }) => passLongIntegers(args),
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'When the call will fail if no client has answered.',
    }),
  }),
});

builder.mutationFields((t) => ({
  answerToolCall: t.field({
    type: ToolCallRef,
    nullable: true,
    authScopes: (_root, args) => ({ run: args.runId }),
    description:
      'Answers a tool call that waits for a client: with the result of the tool, with the answer of the user to a question, or with an error. The model is told, and the run continues. Every client that can see the run may answer, and may repeat the same answer; the first answer counts. Give `result` or `error`. Errors: NOT_FOUND if there is no such run or call; CONFLICT if the call does not wait for a client, or there was another answer; BAD_USER_INPUT if the answer does not match the schema of its question; PAYLOAD_TOO_LARGE.',
    args: {
      runId: idArg(t, RunRef, 'The `id` of the run that the call belongs to.'),
      callId: t.arg.id({ required: true, description: 'The `callId` in `ClientToolRequested`.' }),
      result: t.arg({
        type: 'JSON',
        description:
          'The result, a JSON value of at most `MAX_TOOL_OUTPUT_BYTES` (default: 32,768) bytes. The model is told a text as it is, and everything else as JSON. Null is a result, too. The answer to a question must match its schema.',
      }),
      error: t.arg.string({
        validate: errorText,
        description:
          'Why there is no result, at most 4,000 characters, for example because the tool failed or the user does not want to answer. The call then fails.',
      }),
    },
    resolve: (_root, { runId, callId, ...answer }, context) =>
      context.engine.answerToolCall(
        { runId, callId: String(callId) },
        { ...toAnswer(answer, userOf(context).userId), actor: context.actor },
      ),
  }),
}));

function toAnswer(
  { result, error }: { result?: unknown; error?: string | null | undefined },
  answeredBy: string,
): ClientAnswer {
  if (error == null && result === undefined) throw bad('result', 'give this or `error`');
  if (error == null) return { answeredBy, result };
  // Clients that always send both send null for the one that they do not mean.
  if (result != null) throw bad('error', 'give this or `result`, not both');
  return { answeredBy, error };
}

function bad(field: string, problem: string): GatewayError {
  return new GatewayError('BAD_USER_INPUT', `${field}: ${problem}.`, { field });
}
