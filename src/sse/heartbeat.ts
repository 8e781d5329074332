/** Beats are spread over so many groups, so that thousands of streams do not write in the same turn of the event loop. */
const groups = 16;

/** One timer for all streams with the same interval. A timer for each would take memory and time for every idle stream. */
interface Wheel {
  timer: NodeJS.Timeout;
  groups: Set<() => void>[];
  /** The group whose turn was last. */
  at: number;
  members: number;
}

const wheels = new Map<number, Wheel>();

/**
 * Calls `beat` every `everyMs` milliseconds until the returned function is called. The first call comes up to a sixteenth
 * of that time earlier. The timer keeps the process alive, as the streams do.
 */
export function joinHeartbeat(everyMs: number, beat: () => void): () => void {
  const wheel = wheels.get(everyMs) ?? startWheel(everyMs);
  const group = wheel.groups[wheel.at];
  group?.add(beat);
  wheel.members += 1;
  return () => {
    if (!group?.delete(beat)) return;
    wheel.members -= 1;
    if (wheel.members > 0) return;
    clearInterval(wheel.timer);
    wheels.delete(everyMs);
  };
}

function startWheel(everyMs: number): Wheel {
  const wheel: Wheel = {
    timer: setInterval(() => {
      wheel.at = (wheel.at + 1) % groups;
      for (const beat of wheel.groups[wheel.at] ?? []) beat();
    }, everyMs / groups),
    groups: Array.from({ length: groups }, () => new Set<() => void>()),
    at: 0,
    members: 0,
  };
  wheels.set(everyMs, wheel);
  return wheel;
}
