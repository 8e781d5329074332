/** Whether a URL names a database of PostgreSQL. The other URLs of databases name SQLite files. */
export function isPostgresUrl(url: string): boolean {
  return /^postgres(?:ql)?:/.test(url);
}
