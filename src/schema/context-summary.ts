import { builder } from './builder.ts';
import { firstOf, rowsOf } from './paging/rows.ts';

const ContextSummaryRef = builder.prismaObject('ContextSummary', {
  description:
    'What a model is told in place of the messages of a branch up to one of them, because they do not fit into its context. The messages stay.',
  fields: (t) => ({
    text: t.exposeString('text', { description: 'What the model is told.' }),
    coveredMessages: t.exposeInt('coveredMessages', {
      description: 'How many messages of the branch it stands for.',
    }),
    tokenCount: t.exposeFloat('tokenCount', {
      description: 'How many tokens the text has, as the gateway counts them.',
    }),
    providerName: t.exposeString('providerName', { description: 'The provider of the model that wrote it.' }),
    modelName: t.exposeString('modelName', { description: 'The name of the model that wrote it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was written.' }),
  }),
});

builder.prismaObjectFields('Message', (t) => ({
  contextSummary: t.field({
    type: ContextSummaryRef,
    nullable: true,
    description:
      'The summary that stands for this message and all before it on its branch, where they do not fit into the context of a model. Null if no summary ends at this message, as for most messages.',
    resolve: (message, _args, context) => firstOf(rowsOf(context).summaryOfMessage.of(message)),
  }),
}));
