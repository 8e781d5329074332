import type { ModelInfo } from '../chat/models/models.ts';
import { builder } from './builder.ts';

const ModelRef = builder.objectRef<ModelInfo>('Model').implement({
  description: 'A model that can be chosen for a session or a message.',
  fields: (t) => ({
    providerName: t.exposeString('providerName', { description: 'What to give as `providerName`.' }),
    modelName: t.exposeString('modelName', { description: 'What to give as `modelName`.' }),
    contextLimit: t.exposeInt('contextLimit', {
      nullable: true,
      description: 'Tokens that fit into its context; null where the gateway does not know.',
    }),
    isDefault: t.exposeBoolean('isDefault', {
      description: 'Whether it answers where nothing else was chosen.',
    }),
  }),
});

builder.queryField('models', (t) =>
  t.field({
    type: [ModelRef],
    authScopes: { user: true },
    description: 'The models of all configured providers. Others of the same providers may work as well.',
    resolve: (_root, _args, { models }) => models.list(),
  }),
);
