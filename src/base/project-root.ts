import { existsSync } from 'node:fs';

/** The folder with `package.json`, as a `file:` URL with a slash at its end. */
export const projectRoot = findProjectRoot(new URL('./', import.meta.url));

/** Looks upwards, because the build moves this code from `src/base` to another depth. */
function findProjectRoot(folder: URL): URL {
  return existsSync(new URL('package.json', folder)) ? folder : findProjectRoot(new URL('../', folder));
}
