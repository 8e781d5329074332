import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { line, type Ratio } from './report.ts';

/**
 * `npm run bench`: runs the benches whose results are ratios, prints a table and, at the end, JSON, and compares the
 * ratios with the last accepted ones in `accepted.json`. It does not fail on a slower ratio, because machines differ.
 *
 * `npm run bench -- requests` runs one bench; `npm run bench -- --accept` writes `accepted.json`.
 */
const benches = ['requests', 'chat', 'start'];
/** Those that run only by name, because they take long or need a program that is not everywhere. */
const byName = ['sync'];
/** How much larger than the accepted ratio a ratio may be before the run says so. */
const tolerance = 1.2;

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const acceptedFile = here('./accepted.json');
const args = process.argv.slice(2);
const chosen = args.filter((arg) => !arg.startsWith('--'));
const all = [...benches, ...byName];
const unknown = chosen.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`There is no bench ${unknown.join(', ')}. There are: ${all.join(', ')}.\n`);
  process.exit(1);
}

async function runBench(name: string): Promise<Ratio[]> {
  const ratios: Ratio[] = [];
  process.stdout.write(`\n${name}\n`);
  const child = fork(here(`./${name}.bench.ts`), [], { execArgv: process.execArgv });
  child.on('message', (ratio) => ratios.push(ratio as Ratio));
  const [code] = await once(child, 'exit');
  if (code !== 0) {
    process.stderr.write(`The bench ${name} failed.\n`);
    process.exitCode = 1;
  }
  return ratios;
}

const ratios: Ratio[] = [];
for (const name of chosen.length === 0 ? benches : chosen) {
  ratios.push(...(await runBench(name)));
}

const accepted: Record<string, number> = JSON.parse(readFileSync(acceptedFile, 'utf8'));
const slower = ratios.filter(({ name, ours, baseline }) => {
  const known = accepted[name];
  return known !== undefined && ours / baseline > known * tolerance;
});
process.stdout.write('\nAll ratios\n');
for (const ratio of ratios) process.stdout.write(`${line(ratio)}\n`);
for (const { name, ours, baseline } of slower) {
  process.stdout.write(
    `SLOWER: ${name}: ${(ours / baseline).toFixed(2)}, accepted ${accepted[name]?.toFixed(2)}\n`,
  );
}
if (args.includes('--accept')) {
  const measured = ratios.map(({ name, ours, baseline }) => [name, Number((ours / baseline).toFixed(2))]);
  writeFileSync(
    acceptedFile,
    `${JSON.stringify({ ...accepted, ...Object.fromEntries(measured) }, null, 2)}\n`,
  );
}
process.stdout.write(`\n${JSON.stringify(ratios)}\n`);
