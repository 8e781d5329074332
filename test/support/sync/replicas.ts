import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { Replica, type ReplicaOptions } from '../../../src/sync/replica/replica.ts';
import { fastest } from '../files/temporary-folder.ts';
import type { MemoryWorkspace } from './memory-workspace.ts';

/** Folders that are replicas of one workspace. */
export class Replicas implements AsyncDisposable {
  readonly #workspace: MemoryWorkspace;
  readonly #top = realpathSync(mkdtempSync(join(fastest, 'replicas-')));
  readonly #open = new Map<string, Replica>();

  constructor(workspace: MemoryWorkspace) {
    this.#workspace = workspace;
    workspace.onChange = (revision) => {
      for (const replica of this.#open.values()) replica.announce(revision);
    };
  }

  folder(name: string): string {
    const folder = join(this.#top, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  start(name: string, options: Partial<ReplicaOptions> & { hasTruth?: boolean } = {}): Replica {
    const { hasTruth = false, ...more } = options;
    const replica = new Replica({
      id: 'w',
      anchor: this.folder(name),
      below: '',
      stateFolder: join(this.#top, `${name}.state`),
      remote: this.#workspace.remote(name, hasTruth),
      ...more,
    });
    this.#open.set(name, replica);
    return replica;
  }

  find(name: string): Replica {
    const replica = this.#open.get(name);
    if (replica === undefined) throw new Error(`${name} is not open.`);
    return replica;
  }

  stateFolder(name: string): string {
    return join(this.#top, `${name}.state`);
  }

  async stop(name: string): Promise<void> {
    await this.#open.get(name)?.[Symbol.asyncDispose]();
    this.#open.delete(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of [...this.#open.keys()]) await this.stop(name);
    rmSync(this.#top, { recursive: true, force: true });
  }
}

/** The files below a folder by path, as text; links as `-> target`. What is never synced is left out. */
export function readTexts(folder: string): Record<string, string> {
  const found: [string, string][] = [];
  const walk = (below: string) => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.name === '.switchyard' || entry.name === '.git') continue;
      if (entry.isDirectory()) walk(path);
      else if (entry.isSymbolicLink()) found.push([path, `-> ${readlinkSync(join(folder, path))}`]);
      else if (entry.isFile()) found.push([path, readFileSync(join(folder, path)).toString()]);
    }
  };
  walk('');
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}
