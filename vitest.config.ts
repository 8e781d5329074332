import { defineConfig } from 'vitest/config';

const architecture = 'test/architecture.test.ts';

export default defineConfig({
  // Node takes the CommonJS build of graphql, for us and for Yoga and Pothos. Vite would take the other one
  // for us, and graphql refuses a schema that was made by another copy of itself.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
    maxWorkers: 2,
    globalSetup: 'test/support/build.ts',
    projects: [
      { extends: true, test: { name: 'static', include: [architecture] } },
      {
        extends: true,
        test: {
          name: 'gateway',
          include: ['test/**/*.test.ts'],
          exclude: [architecture, 'test/bench/**'],
        },
      },
    ],
  },
});
