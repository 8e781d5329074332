import SchemaBuilder from '@pothos/core';
import PrismaPlugin from '@pothos/plugin-prisma';
import RelayPlugin from '@pothos/plugin-relay';
import ValidationPlugin from '@pothos/plugin-validation';
import type { Context } from '../context.ts';
import { GatewayError } from '../errors.ts';
import type PrismaTypes from '../generated/pothos.ts';
import { getDatamodel } from '../generated/pothos.ts';
import { parseId } from './global-id.ts';
import { relayDescriptions } from './relay-descriptions.ts';
import type { IncomingFile } from './upload.ts';

export interface SchemaTypes {
  PrismaTypes: PrismaTypes;
  Context: Context;
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
  plugins: [RelayPlugin, PrismaPlugin, ValidationPlugin],
  defaultFieldNullability: false,
  prisma: { client: (context) => context.database, dmmf: getDatamodel(), onUnusedQuery: null },
  relay: {
    ...relayDescriptions,
    cursorType: 'String',
    edgesFieldOptions: { ...relayDescriptions.edgesFieldOptions, nullable: false },
    nodesQueryOptions: {
      ...relayDescriptions.nodesQueryOptions,
      resolve(_root, { ids }, { maxPageSize }, _info, resolveNodes) {
        if (ids.length <= maxPageSize) return resolveNodes(ids);
        const message = `ids: expected at most ${maxPageSize}, got ${ids.length}.`;
        throw new GatewayError('BAD_USER_INPUT', message, { field: 'ids' });
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
