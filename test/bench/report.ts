/** One measured thing, as a ratio to a baseline that ran in the same minutes. */
export interface Ratio {
  /** Names the ratio in the table and in `accepted.json`: the bench and what was measured. */
  name: string;
  /** The unit of `ours` and `baseline`, such as `µs/request`. */
  unit: string;
  /** Medians of the rounds. */
  ours: number;
  baseline: number;
  /** What the baseline is, such as `node:http`. */
  against: string;
  /** The largest of the rounds' ratios divided by the smallest: how much the machine varied. */
  spread: number;
  /** The ratio that we hold ourselves to; undefined where there is no such promise. */
  bar?: number;
}

/** Tells a ratio to whoever reads the output, and to `run.ts` if it has started this bench. */
export function report(ratio: Ratio): void {
  process.stdout.write(`${line(ratio)}\n`);
  process.send?.(ratio);
}

/** One line of the table. */
export function line({ name, unit, ours, baseline, against, spread, bar }: Ratio): string {
  const ratio = ours / baseline;
  const verdict = bar === undefined ? '' : ratio <= bar ? `bar ${bar}: held` : `bar ${bar}: MISSED`;
  return [
    name.padEnd(44),
    `${ours.toFixed(1)} ${unit}`.padStart(20),
    `${baseline.toFixed(1)} ${against}`.padStart(22),
    `x ${ratio.toFixed(2)}`.padStart(9),
    `spread ${spread.toFixed(2)}`.padStart(12),
    verdict,
  ].join('  ');
}

/**
 * Compares rounds of two servers that ran in turn.
 *
 * @param ours One value for each round, of the server that is measured.
 * @param baseline The value of the other server in the same round.
 */
export function compare(
  ours: readonly number[],
  baseline: readonly number[],
): Pick<Ratio, 'ours' | 'baseline' | 'spread'> {
  const ratios = ours.map((value, round) => value / (baseline[round] ?? Number.NaN));
  return {
    ours: median(ours),
    baseline: median(baseline),
    spread: Math.max(...ratios) / Math.min(...ratios),
  };
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
