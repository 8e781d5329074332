/** Something that others wait for, and that happens once. */
export interface StartingSignal {
  /** Resolves when it has been given. */
  readonly given: Promise<void>;
  /** Gives it. Giving it again does nothing. */
  give(): void;
}

export function createStartingSignal(): StartingSignal {
  let give: () => void = () => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}
