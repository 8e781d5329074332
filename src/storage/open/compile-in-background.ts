import { readFileSync, writeFileSync } from 'node:fs';

const inTheTurn = 'return new WebAssembly.Module(wasmArray)';
const inBackground = 'return WebAssembly.compile(wasmArray)';

/**
 * Lets a generated client of Prisma compile its query compiler on the threads of V8. Prisma's own text compiles it in the
 * turn of the first statement, in which nobody else is answered.
 *
 * @param source The text of `internal/class.ts` as `prisma generate` writes it.
 * @throws If the text compiles it in another way, as a later version of Prisma may.
 */
export function compileInBackground(source: string): string {
  if (!source.includes(inTheTurn)) throw new Error(`The generated client has no "${inTheTurn}".`);
  return source.replace(inTheTurn, inBackground);
}

if (import.meta.filename === process.argv[1]) {
  for (const client of ['prisma', 'prisma-postgresql']) {
    const file = `src/generated/${client}/internal/class.ts`;
    writeFileSync(file, compileInBackground(readFileSync(file, 'utf8')));
  }
}
