import type { Viewer } from '../identity/viewer.ts';
import { userOf } from './access/access.ts';
import { builder } from './builder.ts';

const ViewerRef = builder.objectRef<Viewer>('Viewer').implement({
  description: 'Who is asking.',
  fields: (t) => ({
    userId: t.exposeString('userId', {
      description: 'Whom new sessions belong to: `anonymous` where the gateway asks for no identity.',
    }),
    isAdmin: t.exposeBoolean('isAdmin', {
      description: 'Whether everybody’s things are open to them, as they are to `anonymous`.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When their token stops being good; null: not by itself.',
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: ViewerRef,
    authScopes: { user: true },
    description: 'Who is asking.',
    resolve: (_root, _args, context) => userOf(context),
  }),
);
