import { expect, test } from 'vitest';
import type { ChangeOutcome, FileChange } from '../../../src/sync/change.ts';
import { type Entry, versionOf } from '../../../src/sync/entry.ts';
import { Tree } from '../../../src/sync/tree.ts';
import { createRandom } from '../../support/files/random.ts';
import { databaseIdOf } from '../../support/gateway/database-id.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';
import { fileOf, openWorkspace, type Replica } from '../../support/workspace/replica-client.ts';

const shared = shareGateway(() => startTestGateway());

/** A replica with what it and the workspace last had in common. */
interface Known {
  replica: Replica;
  isLead: boolean;
  bases: Map<string, Entry>;
  revision: number;
}

const paths = ['a', 'b.txt', 'c/d', 'c/e.txt', 'f/g/h'];
const contents = ['one', 'two', 'three', 'four'];

/** What the workspace must have, by the rules of src/sync/README.md. */
class Model {
  readonly present = new Map<string, string>();

  /** Makes a change and checks what the gateway has made of it. */
  check({ path, base, entry }: FileChange, outcome: ChangeOutcome | undefined, isLead: boolean, now: Known) {
    const present = this.present.get(path);
    if (entry === null) {
      const isSeen = present === undefined || base === present;
      expect(outcome).toEqual(
        isSeen ? { path, outcome: 'stored' } : { path, outcome: 'superseded', keptPath: null },
      );
      if (isSeen) this.present.delete(path);
      return;
    }
    const version = versionOf(entry);
    const isConflict = present !== undefined && present !== version && present !== base;
    if (!isConflict || isLead) {
      expect(outcome).toEqual({ path, outcome: 'stored' });
      if (isConflict) this.present.set(this.#keptOf(path, present, now), present);
      this.present.set(path, version);
      return;
    }
    if (outcome?.outcome !== 'superseded' || outcome.keptPath === null) throw new Error(`lost: ${path}`);
    const kept = this.present.get(outcome.keptPath);
    if (kept !== undefined) expect(kept).toBe(version);
    this.present.set(outcome.keptPath, version);
  }

  /** Where the gateway has kept a version of a path, which the model cannot know. */
  #keptOf(path: string, version: string, { bases }: Known): string {
    const stem = path.replace(/\.txt$/, '');
    const kept = [...bases.values()].find(
      (entry) =>
        entry.path.startsWith(`${stem} (conflict from `) &&
        versionOf(entry) === version &&
        !this.present.has(entry.path),
    );
    if (kept === undefined) throw new Error(`A version of ${path} is lost.`);
    return kept.path;
  }
}

async function pull(known: Known): Promise<void> {
  const { revision, paths: changed } = await known.replica.entries(known.revision);
  for (const { path, entry } of changed) {
    if (entry === null) known.bases.delete(path);
    else known.bases.set(path, entry);
  }
  known.revision = revision;
}

test.each([1, 2, 3])('random changes of three nodes have the outcomes of a model, seed %i', async (seed) => {
  const random = createRandom(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const lead = (nodeIds: string[]) => ({ source: 'NODE_LOCAL', sourceNodeId: nodeIds[0] });
  const names = ['laptop', 'server', 'desk'];
  const { replicas, sessionId } = await openWorkspace(shared(), names, seed === 1 ? undefined : lead);
  const all = replicas.map((replica, index): Known => {
    return { replica, isLead: seed !== 1 && index === 0, bases: new Map(), revision: 0 };
  });
  const observer: Known = { replica: replicas[0] as Replica, isLead: false, bases: new Map(), revision: 0 };
  await observer.replica.send(contents.flatMap((content) => fileOf('x', content).chunks));
  const model = new Model();
  for (let step = 0; step < 60; step += 1) {
    const known = pick(all);
    if (random() < 0.4) await pull(known);
    const chosen = new Set(Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(paths)));
    const changes = Array.from(chosen, (path): FileChange => {
      const base = known.bases.get(path);
      const entry = random() < 0.25 ? null : fileOf(path, pick(contents), pick([0o644, 0o755])).entry;
      return { path, base: base ? versionOf(base) : null, entry };
    });
    const { outcomes } = await known.replica.change(changes);
    await pull(observer);
    const inOrder = [...changes.keys()].sort(
      (a, b) => Number(changes[b]?.entry === null) - Number(changes[a]?.entry === null),
    );
    for (const index of inOrder) {
      model.check(changes[index] as FileChange, outcomes[index], known.isLead, observer);
    }
    const present = new Map(Array.from(observer.bases, ([path, entry]) => [path, versionOf(entry)]));
    expect(present).toEqual(model.present);
  }
  const tree = new Tree();
  for (const entry of observer.bases.values()) tree.set(entry);
  expect((await observer.replica.folder()).hash).toBe(tree.hash());
  expect(new Map((await observer.replica.entries()).paths.map(({ path, entry }) => [path, entry]))).toEqual(
    observer.bases,
  );
  const { database } = shared().services;
  const where = { sessionId: databaseIdOf(sessionId) };
  const counted = { fileCount: tree.size, totalBytes: BigInt(tree.bytes) };
  expect(await database.workspace.findUnique({ where })).toMatchObject(counted);
  const session = await database.session.findUnique({ where: { id: where.sessionId } });
  expect(session?.storedBytes).toBe(BigInt(tree.bytes));
});
