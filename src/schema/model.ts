import type { ModelInfo } from '../chat/models/models.ts';
import { builder } from './builder.ts';

const ModelRef = builder.objectRef<ModelInfo>('Model').implement({
  description: 'A model that can be chosen for a session or for one prompt.',
  fields: (t) => ({
    providerName: t.exposeString('providerName', {
      description: 'The provider of the model: the value for `providerName` in inputs.',
    }),
    modelName: t.exposeString('modelName', {
      description: 'The name of the model: the value for `modelName` in inputs.',
    }),
    contextLimit: t.exposeInt('contextLimit', {
      nullable: true,
      description: 'How many tokens fit into the context of the model; null if the gateway does not know.',
    }),
    isDefault: t.exposeBoolean('isDefault', {
      description: 'Whether the gateway uses this model for sessions that name no model.',
    }),
  }),
});

builder.queryField('models', (t) =>
  t.field({
    type: [ModelRef],
    authScopes: { user: true },
    description:
      'The models that the configured providers list. A provider may also accept models that it does not list.',
    resolve: (_root, _args, { models }) => models.list(),
  }),
);
