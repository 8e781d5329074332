import SchemaBuilder from '@pothos/core';
import PrismaPlugin from '@pothos/plugin-prisma';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import ValidationPlugin from '@pothos/plugin-validation';
import { decodeId } from '../base/global-id.ts';
import type { Context } from '../context.ts';
import { GatewayError } from '../errors.ts';
import type PrismaTypes from '../generated/pothos.ts';
import { getDatamodel } from '../generated/pothos.ts';
import { type AuthScopes, decideScopes, isOwn } from './access/access.ts';
import { relayDescriptions } from './relay-descriptions.ts';
import type { IncomingFile } from './upload.ts';

export interface SchemaTypes {
  PrismaTypes: PrismaTypes;
  Context: Context;
  AuthScopes: AuthScopes;
  DefaultFieldNullability: false;
  DefaultEdgesNullability: false;
  DefaultNodeNullability: false;
  Scalars: {
    DateTime: { Input: Date; Output: Date | number };
    JSON: { Input: unknown; Output: unknown };
    Upload: { Input: Promise<IncomingFile>; Output: never };
  };
}

export const builder = new SchemaBuilder<SchemaTypes>({
  plugins: [ScopeAuthPlugin, RelayPlugin, PrismaPlugin, ValidationPlugin],
  defaultFieldNullability: false,
  scopeAuth: { authScopes: decideScopes, authorizeOnSubscribe: true },
  prisma: { client: (context) => context.database, dmmf: getDatamodel(), onUnusedQuery: null },
  relay: {
    ...relayDescriptions,
    cursorType: 'String',
    edgesFieldOptions: { ...relayDescriptions.edgesFieldOptions, nullable: false },
    nodeQueryOptions: {
      ...relayDescriptions.nodeQueryOptions,
      authScopes: { user: true },
      resolve: async (_root, { id }, context, _info, resolveNode) =>
        (await isOwn(context, id)) ? resolveNode(id) : null,
    },
    nodesQueryOptions: {
      ...relayDescriptions.nodesQueryOptions,
      authScopes: { user: true },
      async resolve(_root, { ids }, context, _info, resolveNodes) {
        const { maxPageSize } = context;
        if (ids.length > maxPageSize) {
          const message = `ids: expected at most ${maxPageSize}, got ${ids.length}.`;
          throw new GatewayError('BAD_USER_INPUT', message, { field: 'ids' });
        }
        const own = await Promise.all(ids.map((id) => isOwn(context, id)));
        const found = await resolveNodes(ids);
        return found.map((node, index) => (own[index] ? node : null));
      },
    },
    nodeFieldOptions: { ...relayDescriptions.nodeFieldOptions, nullable: false },
    decodeGlobalID: parseId,
  },
  validation: {
    validationError: ({ issues }) => {
      const [issue] = issues;
      const field = issue?.path?.map((part) => (typeof part === 'object' ? part.key : part)).join('.');
      return new GatewayError('BAD_USER_INPUT', `${field}: ${issue?.message}`, { field });
    },
  },
});

/** @throws GatewayError BAD_USER_INPUT for an id that this API has not given out. */
function parseId(globalId: string): { typename: string; id: string } {
  const decoded = decodeId(globalId);
  if (decoded !== undefined) return decoded;
  const shown = globalId.length > 64 ? `${globalId.slice(0, 64)}…` : globalId;
  throw new GatewayError('BAD_USER_INPUT', `"${shown}" is not an id that this API has given out.`);
}
