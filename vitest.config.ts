import { availableParallelism } from 'node:os';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { KindSequencer } from './test/support/suite/kind-sequencer.ts';
import { hasPostgres } from './test/support/suite/postgres.ts';
import { SlowestFiles } from './test/support/suite/slowest-files.ts';
import { type Kind, mayUsePostgres, testFiles } from './test/support/suite/test-kinds.ts';

const files = testFiles();

/**
 * A project is transformed once. With `isolate: false`, its files are run one after another in the same processes,
 * each of which imports the gateway only once.
 */
const project = (
  name: string,
  kinds: Kind[],
  more: TestProjectInlineConfiguration['test'] = {},
): TestProjectInlineConfiguration => ({
  // Node takes the CommonJS build of graphql, for us and for Yoga and Pothos. Vite would take the other one
  // for us, and graphql refuses a schema that was made by another copy of itself.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    name,
    include: kinds.flatMap((kind) => files[kind]),
    // Long enough for a machine that is busy with other work; no test needs a fifth of it on an idle one.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
    ...more,
  },
});

/** The tests with gateways again, with gateways that use PostgreSQL. */
const overPostgres = project('postgresql', [], {
  include: files.gateway.filter(mayUsePostgres),
  isolate: false,
  env: { TEST_DATABASE: 'postgresql' },
  globalSetup: ['test/support/suite/postgres.ts'],
});

const canUsePostgres = Boolean(process.env['CI']) || (await hasPostgres());
if (!canUsePostgres) {
  process.stderr.write('No PostgreSQL at 127.0.0.1:5432: the tests over PostgreSQL are skipped.\n');
}

export default defineConfig({
  test: {
    pool: 'forks',
    // Most tests wait for other processes, so two workers for each core keep the cores busy.
    maxWorkers: 2 * availableParallelism(),
    globalSetup: ['test/support/suite/build.ts'],
    sequence: { sequencer: KindSequencer },
    reporters: ['default', new SlowestFiles()],
    projects: [
      project('shared', ['browser', 'process', 'gateway', 'unit'], {
        isolate: false,
        globalSetup: ['test/support/suite/chromium.ts'],
      }),
      project('alone', ['alone']),
      project('static', ['static']),
      ...(canUsePostgres ? [overPostgres] : []),
    ],
  },
});
