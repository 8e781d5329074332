import { defineConfig } from 'prisma/config';

// `generate`, `validate` and `format` never start the schema engine, but Prisma's CLI downloads it before
// it looks at the command. Any executable stands in, so that an install needs npm packages alone.
process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= process.execPath;

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations/sqlite' },
});
