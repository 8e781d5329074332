import { pino } from 'pino';
import { openDatabase } from '../../../src/storage/open/open-database.ts';
import { openTemporaryFolder } from './temporary-folder.ts';

/** A place for a database that does not exist yet, or has no tables. */
export type NewPlace = AsyncDisposable & { url: string };

/** Opens a new database with one session of ada. Disposing closes the database and deletes it. */
export async function openWithSession(place: NewPlace) {
  const options = { url: place.url, connections: 4, timeoutMs: 10_000 };
  const opened = await openDatabase(options, pino({ level: 'silent' }));
  const session = await opened.db.session.create({ data: { userId: 'ada', settings: { temperature: 1 } } });
  return {
    ...opened,
    session,
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
    },
  };
}

/** A place for an SQLite file. */
export async function newFile(): Promise<NewPlace> {
  const folder = await openTemporaryFolder();
  return Object.assign(folder, { url: `file:${folder.path}/switchyard.db` });
}
