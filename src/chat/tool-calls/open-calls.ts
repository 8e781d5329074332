/** What a run waits for: its model, people who decide about its tool calls and nothing else, or its tools. */
export type WaitsFor = 'MODEL' | 'PEOPLE' | 'TOOLS';

/** The tool calls of a run's present step that have not ended. */
export class OpenCalls {
  #open = 0;
  #asked = 0;
  readonly #onChange: () => void;

  /** @param onChange Called when what the run waits for may have changed. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get waitsFor(): WaitsFor {
    if (this.#open === 0) return 'MODEL';
    return this.#asked === this.#open ? 'PEOPLE' : 'TOOLS';
  }

  /** Counts calls that are stored as not ended. Each of them ends with `end`. */
  begin(calls: number): void {
    this.#open += calls;
    this.#onChange();
  }

  end(): void {
    this.#open -= 1;
    this.#onChange();
  }

  /** Counts a call that waits for a decision, until the result is disposed. */
  ask(): Disposable {
    this.#asked += 1;
    this.#onChange();
    return {
      [Symbol.dispose]: () => {
        this.#asked -= 1;
      },
    };
  }
}
