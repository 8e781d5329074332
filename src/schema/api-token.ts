import { GatewayError } from '../errors.ts';
import type { ApiToken } from '../generated/prisma/client.ts';
import { userIdText } from '../identity/user-id.ts';
import { builder } from './builder.ts';
import { nameText } from './input-checks.ts';
import { resolvePage } from './paging/page.ts';

const ApiTokenRef = builder.objectRef<ApiToken>('ApiToken').implement({
  description: 'A token by which a user identifies themselves, without its secret text.',
  fields: (t) => ({
    databaseId: t.exposeInt('id', {
      description: 'The number of the token, as `switchyard token list` shows it.',
    }),
    userId: t.exposeString('userId', { description: 'The user that the token belongs to.' }),
    isAdmin: t.exposeBoolean('isAdmin', {
      description: 'Whether the token may see and change the objects of all users.',
    }),
    name: t.exposeString('name', {
      nullable: true,
      description: 'What the token is for, as its creator wrote; null if they wrote nothing.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last used, to the minute; null if it was not used yet.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when it is valid; null: until it is revoked.',
    }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was revoked; null if it was not.',
    }),
  }),
});

const NewApiTokenRef = builder.objectRef<{ token: string; row: ApiToken }>('NewApiToken').implement({
  description: 'A token that was created.',
  fields: (t) => ({
    token: t.exposeString('token', {
      description:
        'The secret text of the token. It is shown only once: the gateway stores only a hash of it.',
    }),
    apiToken: t.field({
      type: ApiTokenRef,
      description: 'The token as lists show it.',
      resolve: ({ row }) => row,
    }),
  }),
});

builder.queryField('apiTokens', (t) =>
  t.connection(
    {
      type: ApiTokenRef,
      authScopes: { admin: true },
      description:
        'API tokens, the newest first, also those that have expired or were revoked. Only for admins (FORBIDDEN).',
      args: {
        userId: t.arg.string({
          validate: nameText,
          description: 'Only tokens of this user. Default: of all users.',
        }),
      },
      resolve: (_root, { userId, first, after, last, before }, context) =>
        resolvePage<ApiToken>({
          args: { first, after, last, before },
          maxSize: context.maxPageSize,
          order: 'desc',
          load: ({ after: lower, before: upper, limit, order }) =>
            context.database.apiToken.findMany({
              where: { id: { gt: lower, lt: upper }, ...(userId != null && { userId }) },
              orderBy: { id: order },
              take: limit,
            }),
        }),
    },
    { name: 'ApiTokenConnection', description: 'A page of API tokens.' },
    { name: 'ApiTokenEdge' },
  ),
);

builder.mutationFields((t) => ({
  createApiToken: t.field({
    type: NewApiTokenRef,
    nullable: true,
    authScopes: { admin: true },
    description:
      'Creates an API token for any user, as `switchyard token create` does. It is written to the audit log. Only for admins (FORBIDDEN).',
    args: {
      userId: t.arg.string({
        required: true,
        validate: userIdText,
        description: 'The user that the token belongs to. They need not exist yet.',
      }),
      isAdmin: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: 'Whether the token may see and change the objects of all users.',
      }),
      name: t.arg.string({ validate: nameText, description: 'What the token is for, to show in lists.' }),
      expiresAt: t.arg({
        type: 'DateTime',
        description: 'Until when it is valid. Default: until it is revoked.',
      }),
    },
    resolve: (_root, { userId, isAdmin, name = null, expiresAt = null }, { tokens, actor }) => {
      if (expiresAt !== null && expiresAt <= new Date()) {
        const message = 'expiresAt: expected a time that is not over';
        throw new GatewayError('BAD_USER_INPUT', message, { field: 'expiresAt' });
      }
      return tokens.create({ userId, isAdmin, name, expiresAt }, actor);
    },
  }),
  revokeApiToken: t.field({
    type: ApiTokenRef,
    nullable: true,
    authScopes: { admin: true },
    description:
      'Revokes an API token: requests with it are refused at once, and its subscriptions end within seconds. Revoking it again changes nothing. Only for admins (FORBIDDEN). Errors: NOT_FOUND.',
    args: { databaseId: t.arg.int({ required: true, description: 'The number of the token.' }) },
    resolve: async (_root, { databaseId }, { tokens, actor }) => {
      const revoked = await tokens.revoke(databaseId, actor);
      if (!revoked) throw new GatewayError('NOT_FOUND', `There is no token ${databaseId}.`);
      return revoked;
    },
  }),
}));
