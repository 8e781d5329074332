import type { Viewer } from '../identity/viewer.ts';
import { userOf } from './access/access.ts';
import { builder } from './builder.ts';

export const ViewerRef = builder.objectRef<Viewer>('Viewer').implement({
  description: 'The user for whom a request is made.',
  fields: (t) => ({
    userId: t.exposeString('userId', {
      description: 'The name of the user: `anonymous` if the gateway runs with `AUTH=none`.',
    }),
    isAdmin: t.exposeBoolean('isAdmin', {
      description:
        'Whether the viewer may see and change the objects of all users. This is true for `anonymous`.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the token of the viewer expires; null if it does not expire.',
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: ViewerRef,
    authScopes: { user: true },
    description: 'The user for whom the request is made.',
    resolve: (_root, _args, context) => userOf(context),
  }),
);
