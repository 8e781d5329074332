import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { type Kind, kinds } from './test-kinds.ts';

/**
 * The costliest kind of tests first, and in each the files that took longest the last time: what is short fills the
 * gaps at the end. A kind stays together, because the files of one share their processes.
 */
export class KindSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ project }: TestSpecification) => kinds.indexOf(project.name as Kind);
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}
