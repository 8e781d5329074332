import { joinedRunId } from '../chat/log/joined-run.ts';
import { type RunFailureCode, runFailureCodes } from '../chat/log/run-event.ts';
import { finishReasonOf } from '../chat/run/answer-end.ts';
import { usageOf } from '../chat/usage/usage.ts';
import type { Context } from '../context.ts';
import type { Run } from '../generated/prisma/client.ts';
import type { CancelCause, FinishReason, RunStatus } from '../generated/prisma/enums.ts';
import { notDeleted } from '../storage/hidden-rows.ts';
import type { MaybePromise } from '../storage/statements/statement.ts';
import { ownerFilter } from './access/access.ts';
import { builder } from './builder.ts';
import { enumFromTable } from './enum-from-table.ts';
import { idArg } from './id-argument.ts';
import { MessageRef } from './message.ts';
import { resolvePage } from './paging/page.ts';
import { loadersOf, newestOf } from './paging/page-per-parent.ts';
import { andThen } from './paging/related-rows.ts';
import { rowsOf, sessionOf } from './paging/rows.ts';
import { idDescription } from './relay-options.ts';
import { SessionRef } from './session.ts';
import { ModelUsageRef } from './token-usage.ts';
import { totalCount } from './total-count.ts';

const RunStatusRef = enumFromTable<RunStatus>('RunStatus', 'The state of a run.', {
  QUEUED: 'The run waits until the earlier runs of the session have ended.',
  RUNNING: 'The model is answering. A session has at most one such run.',
  COMPLETED: 'The model has answered the prompt.',
  CANCELLED: 'The run was cancelled; `cancelCause` says why. Text that has been written is kept.',
  FAILED: 'The run failed; `error` says why. Text that has been written is kept.',
});

export const FinishReasonRef = enumFromTable<FinishReason | 'ERROR'>(
  'FinishReason',
  'Why the model stopped writing.',
  {
    STOP: 'The answer is complete.',
    LENGTH: 'The answer breaks off because it reached the greatest length that the model may write.',
    CONTENT_FILTER: 'The provider withheld the rest of the answer.',
    OTHER: 'The provider gave another reason, or no reason.',
    ERROR: 'The run failed before the answer was complete; `error` of the run says why.',
  },
);

export const CancelCauseRef = enumFromTable<CancelCause>('CancelCause', 'Why a run was cancelled.', {
  USER: 'A client cancelled the run: somebody has stopped the answer.',
  SUPERSEDED: 'A newer prompt of the same session has interrupted the run (`onBusy: INTERRUPT`).',
  SHUTDOWN: 'The gateway was shut down before the answer was finished. The prompt can be sent again.',
  DELETED: 'The session or its messages were deleted.',
});

export const RunFailureCodeRef = enumFromTable('RunFailureCode', 'Why a run failed.', runFailureCodes);

export const RunErrorRef = builder
  .objectRef<{ code: RunFailureCode; message: string }>('RunError')
  .implement({
    description: 'Why a run failed.',
    fields: (t) => ({
      code: t.expose('code', { type: RunFailureCodeRef, description: 'The reason, for programs.' }),
      message: t.exposeString('message', { description: 'The reason, as a sentence for people.' }),
    }),
  });

/** Why a run failed; null if it did not. */
export function errorOf({ errorCode, errorMessage }: Run): { code: RunFailureCode; message: string } | null {
  return errorCode === null ? null : { code: errorCode as RunFailureCode, message: errorMessage ?? '' };
}

/**
 * The run that answers the prompt of a run: the one whose answer the prompt has joined, otherwise the run itself. Not a
 * promise for almost all runs.
 */
function answering(run: Run, context: Context): MaybePromise<Run> {
  const id = joinedRunId(run);
  if (id === null) return run;
  return rowsOf(context)
    .run.load(id)
    .then((other) => other ?? run);
}

export const RunRef = builder.prismaNode('Run', {
  id: { field: 'id', description: idDescription },
  nullable: true,
  description:
    'A run: the work of the gateway on one prompt. It continues when the client that sent the prompt disconnects.',
  fields: (t) => ({
    databaseId: t.exposeInt('id', {
      description: 'The number of the run, which the REST API puts before the colon in its event ids.',
    }),
    status: t.field({
      type: RunStatusRef,
      description:
        'The state of the run. Once its prompt has joined the answer of another run, this is the state of that: see `steeredInto`.',
      resolve: (run, _args, context) => andThen(answering(run, context), ({ status }) => status),
    }),
    session: t.field({
      type: SessionRef,
      description: 'The session that the run belongs to.',
      resolve: ({ sessionId }, _args, context) => sessionOf(context, sessionId),
    }),
    requestId: t.exposeString('requestId', {
      nullable: true,
      description: 'The idempotency key with which the prompt was sent; null if the client gave no key.',
    }),
    userMessage: t.field({
      type: MessageRef,
      nullable: true,
      description: 'The prompt; null if the history has been cleared.',
      resolve: ({ userMessageId: id }, _args, context) =>
        id === null ? null : rowsOf(context).message.load(id),
    }),
    assistantMessage: t.field({
      type: MessageRef,
      nullable: true,
      description: 'The answer; null if the history has been cleared.',
      resolve: (run, _args, context) =>
        andThen(answering(run, context), ({ assistantMessageId: id }) =>
          id === null ? null : rowsOf(context).message.load(id),
        ),
    }),
    usage: t.field({
      type: ModelUsageRef,
      description: 'The tokens that the run has used.',
      resolve: usageOf,
    }),
    finishReason: t.field({
      type: FinishReasonRef,
      nullable: true,
      description: 'Why the model stopped writing; null unless the run is COMPLETED or FAILED.',
      resolve: (run, _args, context) => andThen(answering(run, context), finishReasonOf),
    }),
    cancelCause: t.field({
      type: CancelCauseRef,
      nullable: true,
      description:
        'Why the run was cancelled; null unless it is CANCELLED, and for runs that an earlier version of the gateway cancelled.',
      resolve: (run, _args, context) => andThen(answering(run, context), ({ cancelCause }) => cancelCause),
    }),
    error: t.field({
      type: RunErrorRef,
      nullable: true,
      description: 'Why the run failed; null unless the run is FAILED.',
      resolve: (run, _args, context) => andThen(answering(run, context), errorOf),
    }),
    lastSeq: t.int({
      description:
        'The `seq` of the terminal run event. Before the run has ended, the `seq` of a recent run event.',
      resolve: (run, _args, context) => andThen(answering(run, context), ({ lastSeq }) => lastSeq),
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When the gateway received the prompt.',
    }),
    pausedUntil: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'When the run goes on that waits because a budget is used up, unless the budget is raised before; null for a run that does not wait for a budget.',
      resolve: ({ status, pausedUntil }) => (status === 'RUNNING' ? pausedUntil : null),
    }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the gateway started the run; null if it has not started.',
    }),
    finishedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the run ended; null if it has not ended.',
      resolve: (run, _args, context) => andThen(answering(run, context), ({ finishedAt }) => finishedAt),
    }),
  }),
});

builder.prismaObjectFields('Message', (t) => ({
  run: t.field({
    type: RunRef,
    nullable: true,
    description:
      'The run that this prompt started, or that writes this answer; null if there is no such run. For a prompt that joined another answer, `steeredInto` of the run is the one that answers it.',
    resolve: ({ id }, _args, context) => rowsOf(context).runOfMessage.load(id),
  }),
}));

builder.prismaObjectFields('Session', (t) => ({
  runs: t.connection(
    {
      type: RunRef,
      description:
        'The runs of the session, oldest first. `last: 20` returns the 20 newest. `clearHistory` keeps them.',
      resolve: async ({ id: sessionId }, args, context) => {
        const page = await resolvePage({
          args,
          maxSize: context.maxPageSize,
          order: 'asc',
          load: (range) => loadersOf(context).runs.load({ ...range, sessionId }),
        });
        return { ...page, count: (upTo: number) => loadersOf(context).runCount.load({ sessionId, upTo }) };
      },
    },
    {
      name: 'RunConnection',
      fields: (t) => ({ totalCount: totalCount(t) }),
    },
    { name: 'RunEdge' },
  ),
  activeRun: t.field({
    type: RunRef,
    nullable: true,
    description: 'The run that is RUNNING; null if no run of the session is.',
    resolve: ({ id }, _args, context) => loadersOf(context).liveRun.load(id),
  }),
  lastRun: t.field({
    type: RunRef,
    nullable: true,
    description: 'The newest run, in any state; null if the session has had no run.',
    resolve: ({ id }, _args, context) => newestOf(loadersOf(context).runs, id),
  }),
}));

builder.queryField('run', (t) =>
  t.prismaField({
    type: 'Run',
    nullable: true,
    authScopes: { user: true },
    description: 'The run with this id; null if there is no such run.',
    args: {
      id: idArg(t, RunRef, 'The `id` of the run.'),
    },
    resolve: (query, _root, { id }, context) => {
      const where = { id, session: { ...notDeleted, ...ownerFilter(context) } };
      return context.database.run.findUnique({ ...query, where });
    },
  }),
);
