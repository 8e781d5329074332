import type { Context } from '../context.ts';
import type PrismaTypes from '../generated/pothos.ts';
import type { AuthScopes } from './access/access.ts';
import type { IncomingFile } from './upload.ts';

/** The types from which the schema builder infers those of the resolvers. */
export interface SchemaTypes {
  PrismaTypes: PrismaTypes;
  Context: Context;
  AuthScopes: AuthScopes;
  DefaultFieldNullability: false;
  DefaultEdgesNullability: false;
  DefaultNodeNullability: false;
  Scalars: {
    DateTime: { Input: Date; Output: Date | number };
    Date: { Input: string; Output: string };
    JSON: { Input: unknown; Output: unknown };
    Upload: { Input: Promise<IncomingFile>; Output: never };
  };
}

/** `SchemaTypes` with the defaults of Pothos: the type argument of its own types. */
export type BuilderTypes = PothosSchemaTypes.ExtendDefaultTypes<SchemaTypes>;
