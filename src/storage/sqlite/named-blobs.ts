import Sqlite from 'better-sqlite3';

/** Where the keys of the blobs are, first those of recordings and attachments, then those of workspaces. */
const columns = [
  [
    ['MessageAudio', 'sha256'],
    ['Attachment', 'sha256'],
  ],
  [['WorkspaceContent', 'blob']],
] as const;

/**
 * The keys of the blobs that an SQLite file refers to: those of recordings and attachments, and those of workspaces.
 *
 * @param file Of this version or an earlier one.
 */
export function namedBlobs(file: string): string[][] {
  const connection = new Sqlite(file, { readonly: true });
  try {
    const tables = connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all();
    return columns.map((places) =>
      places
        .filter(([table]) => tables.includes(table))
        .flatMap(([table, column]) =>
          connection.prepare<[], string>(`SELECT DISTINCT "${column}" FROM "${table}"`).pluck().all(),
        ),
    );
  } finally {
    connection.close();
  }
}
