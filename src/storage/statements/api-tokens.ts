import type { ApiToken } from '../../generated/prisma/client.ts';
import { modelStatement } from './row-decoder.ts';

/** Parameter: the hash. */
export const apiTokenByHash = modelStatement<ApiToken>(
  'ApiToken',
  'SELECT * FROM "ApiToken" WHERE "tokenHash" = ?',
);
