import { printReport } from '../report.ts';

/** Shows a person how much is done. */
export interface Progress extends Disposable {
  /** @param detail What is done just now, in a few words. */
  add(done: number, detail?: string): void;
  /** Ends one part of the work and begins another. */
  begin(title: string, total: number, done?: number): void;
}

/** Milliseconds between two lines where no terminal shows a bar. */
const printMs = 2_000;

/** A bar on a terminal, and a line at times anywhere else. Both on standard error, because standard output is for data. */
export async function openProgress(unit: string): Promise<Progress> {
  return process.stderr.isTTY ? await openBar(unit) : openLines(unit);
}

async function openBar(unit: string): Promise<Progress> {
  const { default: cliProgress } = await import('cli-progress');
  const bar = new cliProgress.SingleBar(
    {
      format: `{title} [{bar}] {percentage}% | {value} of {total} ${unit} | {detail}`,
      barsize: 30,
      etaBuffer: 100,
      hideCursor: true,
      stream: process.stderr,
      // Signals are the command's business: it gives the cursor back when it is disposed.
      gracefulExit: false,
    },
    cliProgress.Presets.legacy,
  );
  return {
    begin(title, total, done = 0) {
      bar.stop();
      bar.start(total, done, { title, detail: '' });
    },
    add: (done, detail) => bar.increment(done, detail === undefined ? {} : { detail }),
    [Symbol.dispose]: () => bar.stop(),
  };
}

function openLines(unit: string): Progress {
  let printedAt = performance.now();
  let [title, total, done] = ['', 0, 0];
  return {
    begin(newTitle, newTotal, newDone = 0) {
      [title, total, done] = [newTitle, newTotal, newDone];
    },
    add(more) {
      done += more;
      if (performance.now() - printedAt < printMs) return;
      printedAt = performance.now();
      printReport({ note: `${title}: ${done} of ${total} ${unit}` });
    },
    [Symbol.dispose]() {},
  };
}
