import type { SessionStatus } from '../storage/statements/runs.ts';
import { builder } from './builder.ts';
import { enumFromTable } from './enum-from-table.ts';
import { loadersOf } from './paging/page-per-parent.ts';

const SessionStatusRef = enumFromTable<SessionStatus>(
  'SessionStatus',
  'What a session is doing: see `viewerEvents` for when it changes.',
  {
    IDLE: 'No run of the session is running.',
    RUNNING: 'A prompt is being answered.',
    WAITING:
      'A prompt is being answered, and a tool call of it waits for an approval, for a client that runs it, or for the answer of the user; or the answer waits because a budget is used up.',
  },
);

builder.prismaObjectFields('Session', (t) => ({
  status: t.field({
    type: SessionStatusRef,
    description: 'What the session is doing now.',
    resolve: ({ id }, _args, context) => loadersOf(context).status.load(id),
  }),
}));
