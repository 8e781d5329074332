import { type RunFailureCode, runFailureCodes } from '../chat/log/run-event.ts';
import { usageOf } from '../chat/usage/usage.ts';
import { FinishReason, RunStatus } from '../generated/prisma/enums.ts';
import { ownerOf } from './access/access.ts';
import { builder } from './builder.ts';
import { idOf } from './global-id.ts';
import { loadersOf } from './paging/loaders.ts';
import { newestRow } from './paging/page.ts';
import { ModelUsageRef } from './token-usage.ts';

const RunStatusRef = builder.enumType('RunStatus', {
  description: 'How far a run has come.',
  values: {
    [RunStatus.QUEUED]: { description: 'It waits until the session has answered what came before.' },
    [RunStatus.RUNNING]: { description: 'The model is answering. A session has one such run at most.' },
    [RunStatus.COMPLETED]: { description: 'The prompt is answered.' },
    [RunStatus.CANCELLED]: { description: 'Someone cancelled it; what had been written is kept.' },
    [RunStatus.FAILED]: { description: 'It failed; `error` says why. What had been written is kept.' },
  },
});

export const FinishReasonRef = builder.enumType('FinishReason', {
  description: 'Why the model stopped.',
  values: {
    [FinishReason.STOP]: { description: 'It had said everything.' },
    [FinishReason.LENGTH]: {
      description: 'It reached the longest answer it may give: the answer breaks off.',
    },
    [FinishReason.CONTENT_FILTER]: { description: 'The provider withheld the rest.' },
    [FinishReason.OTHER]: { description: 'The provider did not say.' },
  },
});

const codes = Object.entries(runFailureCodes) as [RunFailureCode, string][];

export const RunFailureCodeRef = builder.enumType('RunFailureCode', {
  description: 'Why a run failed.',
  values: Object.fromEntries(codes.map(([code, description]) => [code, { description }])) as Record<
    RunFailureCode,
    { description: string }
  >,
});

const RunErrorRef = builder.objectRef<{ code: RunFailureCode; message: string }>('RunError').implement({
  description: 'Why a run failed.',
  fields: (t) => ({
    code: t.expose('code', { type: RunFailureCodeRef, description: 'For programs.' }),
    message: t.exposeString('message', { description: 'For people.' }),
  }),
});

export const RunRef = builder.prismaNode('Run', {
  id: { field: 'id', description: 'Its id, unique among all objects of this API.' },
  nullable: true,
  description:
    'A prompt being answered, or one that was. Runs belong to the gateway: they go on when whoever asked has left.',
  fields: (t) => ({
    databaseId: t.exposeInt('id', { description: 'What the REST API puts before the colon of its ids.' }),
    status: t.expose('status', { type: RunStatusRef, description: 'How far it has come.' }),
    session: t.relation('session', { description: 'The session that answers.' }),
    requestId: t.exposeString('requestId', {
      nullable: true,
      description: 'The idempotency key it was started with.',
    }),
    userMessage: t.relation('userMessage', {
      nullable: true,
      description: 'The prompt; null once the history was cleared.',
    }),
    assistantMessage: t.relation('assistantMessage', {
      nullable: true,
      description: 'The answer; null once the history was cleared.',
    }),
    usage: t.field({ type: ModelUsageRef, description: 'Tokens it has used.', resolve: usageOf }),
    finishReason: t.expose('finishReason', {
      type: FinishReasonRef,
      nullable: true,
      description: 'Why the model stopped; null unless the run was completed.',
    }),
    error: t.field({
      type: RunErrorRef,
      nullable: true,
      description: 'Why it failed; null unless it did.',
      resolve: ({ errorCode, errorMessage }) =>
        errorCode === null ? null : { code: errorCode as RunFailureCode, message: errorMessage ?? '' },
    }),
    lastSeq: t.exposeInt('lastSeq', {
      description: 'The seq of its terminal run event; while it runs, of a recent run event.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the prompt arrived.' }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the model was asked; null while it is queued.',
    }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ended; null until then.',
    }),
  }),
});

builder.prismaObjectFields('Message', (t) => ({
  run: t.field({
    type: RunRef,
    nullable: true,
    select: { promptedRun: true, answeringRun: true },
    description: 'The run that this prompt started, or that wrote this answer.',
    resolve: (message) => message.promptedRun ?? message.answeringRun,
  }),
}));

builder.prismaObjectFields('Session', (t) => ({
  activeRun: t.field({
    type: RunRef,
    nullable: true,
    description: 'The run that is being answered right now, if any.',
    resolve: ({ id }, _args, context) => loadersOf(context).liveRun.load(id),
  }),
  lastRun: t.field({
    type: RunRef,
    nullable: true,
    description: 'The newest run, whether it waits, runs or has ended; null in a session without any.',
    resolve: async ({ id }, _args, context) => {
      const [newest] = await loadersOf(context).runs.load({ ...newestRow, sessionId: id });
      return newest ?? null;
    },
  }),
}));

builder.queryField('run', (t) =>
  t.prismaField({
    type: 'Run',
    nullable: true,
    authScopes: { user: true },
    description: 'A run by its id; null where there is none.',
    args: {
      id: t.arg.globalID({
        for: RunRef,
        validate: idOf(RunRef),
        required: true,
        description: 'The id of a run.',
      }),
    },
    resolve: (query, _root, { id }, context) => {
      const userId = ownerOf(context);
      const where = { id: Number(id.id), ...(userId !== undefined && { session: { userId } }) };
      return context.database.run.findUnique({ ...query, where });
    },
  }),
);
