import pg from 'pg';

/** The PostgreSQL server of this machine. Tests use databases of their own and leave all others alone. */
export const postgresServer = 'postgresql://postgres@127.0.0.1:5432/postgres';

export function urlOfDatabase(name: string): string {
  return postgresServer.replace(/[^/]+$/, name);
}

/** Works on a connection of its own, with this database or with one that is always there. */
export async function onServer<T>(
  work: (server: pg.Client) => Promise<T>,
  url: string = postgresServer,
): Promise<T> {
  const server = new pg.Client(url);
  await server.connect();
  try {
    return await work(server);
  } finally {
    await server.end();
  }
}
