import type { ErrorCode } from '../../errors.ts';

/**
 * What is answered to a request that is refused before its route: in the shape that its client knows.
 *
 * @param extensions Further machine-readable facts, for GraphQL.
 */
export function refusalBody(
  path: string,
  code: ErrorCode,
  message: string,
  extensions: Record<string, unknown> = {},
): object {
  const isGraphQL = path === '/graphql' || /^\/graphql[/?]/.test(path);
  return isGraphQL ? { errors: [{ message, extensions: { code, ...extensions } }] } : { detail: message };
}
