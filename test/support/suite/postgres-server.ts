import pg from 'pg';

/** The PostgreSQL server of this machine. Tests use databases of their own and leave all others alone. */
export const postgresServer = 'postgresql://postgres@127.0.0.1:5432/postgres';

export function urlOfDatabase(name: string): string {
  return postgresServer.replace(/[^/]+$/, name);
}

export async function onServer(work: (server: pg.Client) => Promise<void>): Promise<void> {
  const server = new pg.Client(postgresServer);
  await server.connect();
  try {
    await work(server);
  } finally {
    await server.end();
  }
}
