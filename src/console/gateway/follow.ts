import type { GatewayError } from '../../client/errors.ts';
import type { TypedDocumentString } from '../../gql/console/graphql.ts';

/** A subscription that is kept up however often the connection is lost. */
export interface Follow<D, V> {
  document: TypedDocumentString<D, V>;
  /** Asked for at every connection, so that it goes on where it was. */
  variables(): V;
  next(data: D): void;
  /** The gateway has begun to tell what happens from now on. */
  accepted?(): void;
  /** The gateway has told everything. */
  completed(): void;
  /** The gateway will not tell. Nothing comes after this. */
  refused(error: GatewayError): void;
}

/** Stops following. */
export type Unfollow = () => void;
