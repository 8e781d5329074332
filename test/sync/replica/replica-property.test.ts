import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryWorkspace } from '../../support/sync/memory-workspace.ts';
import { Replicas, readTexts } from '../../support/sync/replicas.ts';

const names = ['one', 'two', 'lead'];
const paths = [
  'a',
  'b',
  'a/x',
  'a/y',
  'b/x',
  'c/d/e',
  'c/d',
  'c',
  'caf\u00e9',
  'cafe\u0301',
  'new\nline',
  '🙂',
];

const name = fc.constantFrom(...names);
const path = fc.constantFrom(...paths);
const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('write' as const), name, path }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), name, path }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('move' as const), name, path, to: path }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('client' as const), path, isDeletion: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('flush' as const), name }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 40 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('fail' as const), count: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restart' as const), name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const), name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('prune' as const) }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** Three replicas and a client of one workspace, and the contents that nobody has replaced or deleted. */
class House implements AsyncDisposable {
  readonly workspace = new MemoryWorkspace();
  readonly replicas = new Replicas(this.workspace);
  readonly #contents = new Set<string>();
  #count = 0;
  #failures = 0;

  constructor() {
    const fail = () => {
      if (this.#failures === 0) return;
      this.#failures -= 1;
      throw new Error('The connection was lost.');
    };
    this.workspace.onRequest = fail;
    this.workspace.onChanged = fail;
    for (const each of names) this.#start(each);
  }

  async run(operation: Operation): Promise<void> {
    if (operation.kind === 'write') this.#write(operation.name, operation.path);
    else if (operation.kind === 'remove')
      this.#remove(join(this.replicas.folder(operation.name), operation.path));
    else if (operation.kind === 'move') this.#move(operation.name, operation.path, operation.to);
    else if (operation.kind === 'client') this.#change(operation.path, operation.isDeletion);
    else if (operation.kind === 'flush') await this.#flush(operation.name);
    else if (operation.kind === 'turns') await this.#turns(operation.count);
    else if (operation.kind === 'fail') this.#failures = operation.count;
    else if (operation.kind === 'prune') this.workspace.prunedRevision = this.workspace.revision;
    else await this.#restart(operation.name, operation.kind === 'forget');
  }

  async converge(): Promise<void> {
    this.#failures = 0;
    const { workspace, replicas } = this;
    for (const each of names) await this.#restart(each, false);
    // What one sends may be news for the others.
    const different = async () => {
      for (const each of names) await this.#flush(each);
      const there = JSON.stringify(workspace.texts());
      return names.filter((each) => JSON.stringify(readTexts(replicas.folder(each))) !== there);
    };
    await expect.poll(different, { timeout: 20_000 }).toEqual([]);
    const left = new Set(Object.values(workspace.texts()));
    expect([...this.#contents].filter((content) => !left.has(content))).toEqual([]);
    for (const each of names) {
      await expect.poll(() => workspace.reports.get(each)?.at(-1)?.manifestHash).toBe(workspace.tree.hash());
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.replicas[Symbol.asyncDispose]();
  }

  #start(each: string) {
    // Two of them trust their hints.
    return this.replicas.start(each, {
      hasTruth: each === 'lead',
      flushScansUpTo: each === 'lead' ? 2_000 : -1,
    });
  }

  async #restart(each: string, forgets: boolean): Promise<void> {
    await this.replicas.stop(each);
    if (forgets) rmSync(this.replicas.stateFolder(each), { recursive: true, force: true });
    this.#start(each);
  }

  async #flush(each: string): Promise<void> {
    await this.replicas.find(each).flush(AbortSignal.timeout(20_000));
  }

  async #turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  #write(each: string, path: string): void {
    const file = join(this.replicas.folder(each), path);
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
      const there = join(this.replicas.folder(each), folder);
      if (existsSync(there) && !lstatSync(there).isDirectory()) this.#remove(there);
    }
    this.#remove(file, true);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, this.#next());
  }

  #next(): string {
    this.#count += 1;
    const content = `content ${this.#count}`;
    this.#contents.add(content);
    return content;
  }

  /** Whoever removes or replaces a content has seen it, so it may be gone. */
  #remove(file: string, keepsFile = false): void {
    if (!existsSync(file)) return;
    const isFolder = lstatSync(file).isDirectory();
    const gone = isFolder ? Object.values(readTexts(file)) : [readFileSync(file).toString()];
    for (const content of gone) this.#contents.delete(content);
    if (isFolder || !keepsFile) rmSync(file, { recursive: true });
  }

  #move(each: string, from: string, to: string): void {
    const [file, target] = [from, to].map((part) => join(this.replicas.folder(each), part)) as [
      string,
      string,
    ];
    if (!existsSync(file) || existsSync(target) || `${to}/`.startsWith(`${from}/`)) return;
    if (!existsSync(dirname(target)) || !lstatSync(dirname(target)).isDirectory()) return;
    renameSync(file, target);
  }

  #change(path: string, isDeletion: boolean): void {
    const content = this.workspace.texts()[path];
    if (content !== undefined) this.#contents.delete(content);
    if (isDeletion) this.workspace.delete(path);
    else if (this.workspace.isFree(path)) this.workspace.write(path, this.#next());
  }
}

test('replicas become the same and lose nothing, whatever changes, fails, restarts or is forgotten', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 40 }), async (operations) => {
      await using house = new House();
      for (const each of operations) await house.run(each);
      await house.converge();
    }),
    { numRuns: 25, endOnFailure: true },
  );
}, 300_000);

const one = fc.constant('one');
const change = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), name: one, path }),
  fc.record({ kind: fc.constant('remove' as const), name: one, path }),
  fc.record({ kind: fc.constant('move' as const), name: one, path, to: path }),
  fc.record({ kind: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 20 }) }),
);

test('a flush that scans only what was hinted misses nothing, whatever is written, moved and removed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(change, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 8 }),
      async (rounds) => {
        await using house = new House();
        await house.run({ kind: 'flush', name: 'one' });
        for (const round of rounds) {
          for (const each of round) await house.run(each);
          await house.run({ kind: 'flush', name: 'one' });
          expect(house.workspace.texts()).toEqual(readTexts(house.replicas.folder('one')));
        }
      },
    ),
    { numRuns: 15, endOnFailure: true },
  );
}, 120_000);
