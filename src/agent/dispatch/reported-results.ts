import type { ToolReport } from '../tools/tool.ts';

/** How many UTF-16 code units of results are remembered together. */
const longestTogether = 4_000_000;

/** The results of the newest dispatches that the gateway has taken, for a gateway that has lost them. */
export class ReportedResults {
  readonly #reports = new Map<string, ToolReport>();
  #length = 0;

  add(dispatchId: string, report: ToolReport): void {
    this.#remove(dispatchId);
    this.#reports.set(dispatchId, report);
    this.#length += report.result.length;
    for (const oldest of this.#reports.keys()) {
      if (this.#length <= longestTogether) break;
      this.#remove(oldest);
    }
  }

  find(dispatchId: string): ToolReport | undefined {
    return this.#reports.get(dispatchId);
  }

  #remove(dispatchId: string): void {
    this.#length -= this.#reports.get(dispatchId)?.result.length ?? 0;
    this.#reports.delete(dispatchId);
  }
}
