import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { kinds, testFiles } from './test-kinds.ts';

/**
 * The costliest kind of tests first, and in each the files that took longest the last time: what is short fills the
 * gaps at the end. The files that share processes stay together, because a process ends before a file that does not.
 */
export class KindSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const known = testFiles();
    const places = new Map(kinds.flatMap((kind, place) => known[kind].map((file) => [file, place])));
    const place = ({ moduleId, project }: TestSpecification) =>
      places.get(relative(project.config.root, moduleId)) ?? kinds.length;
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}
