import { fileURLToPath } from 'node:url';

/** What Node.js runs as the program: the build, which starts in half the time that the sources take through tsx. */
export const programFile = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));

/** The scripts of `test/support/process` that tests run in a process of their own. */
export const supportScripts = [
  'database-process',
  'disposed-gateways',
  'end-with-parent',
  'last-words',
] as const;

/** Where such a script is built: as deep as its sources are, because those look for files beside them. */
export function builtScript(name: (typeof supportScripts)[number]): string {
  return fileURLToPath(new URL(`../../../dist/test/${name}.js`, import.meta.url));
}

/** An empty database with every migration applied, which test gateways start from. */
export const migratedDatabase = fileURLToPath(new URL('../../../dist/test/migrated.db', import.meta.url));
