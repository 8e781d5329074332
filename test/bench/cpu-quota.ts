import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Microseconds in which a process gets its part. Short, so that it is not away for long. */
const periodUs = 10_000;
/** The folder of the first version of control groups, which has one hierarchy for each controller. */
const firstVersion = '/sys/fs/cgroup/cpu';
const secondVersion = '/sys/fs/cgroup';

/** Limits the processor time of a process with a control group of Linux, until it is disposed. */
export interface CpuQuota extends Disposable {
  /** @param part The part of one core that the process gets; undefined: as much as it wants. */
  set(part: number | undefined): void;
}

/** @throws Error if this user may make no control groups. */
export function openCpuQuota(pid: number): CpuQuota {
  const isFirst = existsSync(join(firstVersion, 'cpu.cfs_quota_us'));
  const folder = join(isFirst ? firstVersion : secondVersion, `switchyard-bench-${pid}`);
  const write = (file: string, value: string | number) => writeFileSync(join(folder, file), String(value));
  mkdirSync(folder);
  write('cgroup.procs', pid);
  if (isFirst) write('cpu.cfs_period_us', periodUs);
  return {
    set(part) {
      const quotaUs = part === undefined ? undefined : Math.round(part * periodUs);
      if (isFirst) write('cpu.cfs_quota_us', quotaUs ?? -1);
      else write('cpu.max', `${quotaUs ?? 'max'} ${periodUs}`);
    },
    [Symbol.dispose]() {
      writeFileSync(join(folder, '..', 'cgroup.procs'), String(pid));
      rmdirSync(folder);
    },
  };
}
