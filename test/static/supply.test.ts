import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

interface Manifest {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  overrides: Record<string, string>;
  /** Which packages may run a script when they are installed. npm 11 reads this list; npm 10 ignores it. */
  allowScripts: Record<string, boolean>;
  /** Read by the install script of @scarf/scarf, which npm 10 runs: it reports each installation to a company. */
  scarfSettings: { enabled: boolean };
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
  test('every dependency is asked for in an exact version', () => {
    const { dependencies, devDependencies, overrides } = manifest;
    const versions = Object.entries({ ...dependencies, ...devDependencies, ...overrides });
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.-]+)?$/.test(version))).toEqual([]);
  });

  test('every installed package has an integrity hash in the lock file', () => {
    expect(paths(({ integrity = '' }) => !/^sha512-[\w+/]{86}==$/.test(integrity))).toEqual([]);
  });

  test('every installed package comes from the public registry, not from a folder, a repository or another address', () => {
    const isElsewhere = ({ resolved, link }: LockedPackage) =>
      link === true || (resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/'));
    expect(paths(isElsewhere)).toEqual([]);
  });

  test('every package with an install script is listed, and the list has no other packages', () => {
    const withScript = new Set(paths(({ hasInstallScript }) => hasInstallScript === true).map(nameOf));
    expect([...withScript].sort()).toEqual(Object.keys(manifest.allowScripts).sort());
  });

  test('only better-sqlite3 and esbuild may run their install scripts', () => {
    const allowed = Object.entries(manifest.allowScripts).flatMap(([name, may]) => (may ? [name] : []));
    // Both install a binary: the database, and the bundler of the program and the console.
    expect(allowed).toEqual(['better-sqlite3', 'esbuild']);
  });

  test('an installation is not reported to anybody', () => {
    expect(manifest.scarfSettings).toEqual({ enabled: false });
  });
});
