import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { leaveFirstCore } from './pinned.ts';
import { processCpu } from './process-cpu.ts';
import { compare, median, report } from './report.ts';
import { startGateway } from './servers.ts';

/**
 * Measures the processor time until the gateway listens with an empty database, against a process that only imports
 * graphql-yoga, and the memory that it keeps at rest. Run it with `tsx test/bench/start.bench.ts [rounds]`.
 */
const rounds = Number(process.argv[2] ?? 5);
/** The memory at rest that we hold ourselves to, in MB. */
const restMb = 120;

/** Processor time of a process that imports graphql-yoga, in milliseconds. */
function importYoga(): number {
  const script =
    "await import('graphql-yoga'); const { user, system } = process.cpuUsage(); console.log(user + system)";
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  return Number(stdout) / 1_000;
}

leaveFirstCore();
const [ours, yoga, memory]: [number[], number[], number[]] = [[], [], []];
for (let round = 0; round < rounds; round += 1) {
  yoga.push(importYoga());
  await using gateway = await startGateway();
  ours.push(processCpu(gateway.pid) / 1_000);
  await delay(3_000);
  const pages = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.pid}/status`, 'utf8'))?.[1];
  memory.push(Number(pages) / 1_024);
}
report({
  name: 'start: until it listens',
  unit: 'ms',
  against: 'import yoga',
  bar: 2,
  ...compare(ours, yoga),
});
report({
  name: 'start: memory at rest',
  unit: 'MB',
  against: 'MB allowed',
  bar: 1,
  ours: median(memory),
  baseline: restMb,
  spread: Math.max(...memory) / Math.min(...memory),
});
