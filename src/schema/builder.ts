import SchemaBuilder from '@pothos/core';
import PrismaPlugin from '@pothos/plugin-prisma';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import ValidationPlugin from '@pothos/plugin-validation';
import { GatewayError } from '../errors.ts';
import { getDatamodel } from '../generated/pothos.ts';
import { decideScopes } from './access/access.ts';
import { relayOptions } from './relay-options.ts';
import type { SchemaTypes } from './schema-types.ts';

export const builder = new SchemaBuilder<SchemaTypes>({
  plugins: [ScopeAuthPlugin, RelayPlugin, PrismaPlugin, ValidationPlugin],
  defaultFieldNullability: false,
  scopeAuth: { authScopes: decideScopes, authorizeOnSubscribe: true },
  prisma: { client: (context) => context.database, dmmf: getDatamodel(), onUnusedQuery: null },
  relay: relayOptions,
  validation: {
    validationError: ({ issues }) => {
      const [issue] = issues;
      const field = issue?.path?.map((part) => (typeof part === 'object' ? part.key : part)).join('.');
      return new GatewayError('BAD_USER_INPUT', `${field}: ${issue?.message}`, { field });
    },
  },
});
