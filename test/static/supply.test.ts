import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

interface Manifest {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  overrides: Record<string, string>;
  /** Which packages may run a script when they are installed. npm 11 asks this list; npm 10 does not know it. */
  allowScripts: Record<string, boolean>;
}

interface LockedPackage {
  version: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  hasInstallScript?: boolean;
}

const read = (file: string) => JSON.parse(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'));
const manifest = read('package.json') as Manifest;
const { packages } = read('package-lock.json') as { packages: Record<string, LockedPackage> };
const { '': _root, ...installed } = packages;

const paths = (chosen: (locked: LockedPackage) => boolean) =>
  Object.entries(installed).flatMap(([path, locked]) => (chosen(locked) ? [path] : []));
const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

describe('what npm installs', () => {
  test('is asked for in exact versions', () => {
    const { dependencies, devDependencies, overrides } = manifest;
    const versions = Object.entries({ ...dependencies, ...devDependencies, ...overrides });
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.-]+)?$/.test(version))).toEqual([]);
  });

  test('is the bytes that were locked, of every package', () => {
    expect(paths(({ integrity = '' }) => !/^sha512-[\w+/]{86}==$/.test(integrity))).toEqual([]);
  });

  test('comes from the public registry, and never from a folder, a repository or another address', () => {
    const isElsewhere = ({ resolved, link }: LockedPackage) =>
      link === true || (resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/'));
    expect(paths(isElsewhere)).toEqual([]);
  });

  test('runs a script only where it is listed, and the list has no others', () => {
    const withScript = new Set(paths(({ hasInstallScript }) => hasInstallScript === true).map(nameOf));
    expect([...withScript].sort()).toEqual(Object.keys(manifest.allowScripts).sort());
  });

  test('may run the scripts of these alone', () => {
    const allowed = Object.entries(manifest.allowScripts).flatMap(([name, may]) => (may ? [name] : []));
    // Both bring a binary of their own: the database, and the bundler of the program and the console.
    expect(allowed).toEqual(['better-sqlite3', 'esbuild']);
  });
});
