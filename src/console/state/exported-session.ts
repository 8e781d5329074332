import type { ExportedSessionQuery } from '../../gql/console/graphql.ts';

/** What an export says of the session itself. */
export type ExportedSession = NonNullable<ExportedSessionQuery['session']>;
