import { builder } from './builder.ts';
import { type RunEventOf, RunEventRef } from './run-event.ts';

builder.objectRef<RunEventOf<'RunPaused'>>('RunPaused').implement({
  description:
    'A budget is used up, so the run waits before its next request to the model. It goes on (`RunContinued`) when the next period of the budget begins, or when an admin raises the budget (`setUserBudget`). `cancelRun` ends it.',
  interfaces: [RunEventRef],
  fields: (t) => ({
    limit: t.exposeString('limit', {
      description: 'The setting of the budget that is used up: `MAX_COST_PER_USER_PER_DAY`, for instance.',
    }),
    reason: t.exposeString('reason', { description: 'Why the run waits, as a sentence for people.' }),
    until: t.expose('until', {
      type: 'DateTime',
      description: 'When the next period of the budget begins, and the run goes on at the latest.',
    }),
  }),
});

builder.objectRef<RunEventOf<'RunContinued'>>('RunContinued').implement({
  description: 'The run goes on that has waited for a budget.',
  interfaces: [RunEventRef],
});
