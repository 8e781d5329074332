/**
 * The value of `NODE_OPTIONS` with which a process takes the time to be later than it is.
 *
 * @param byMs Milliseconds; negative for a clock that is slow.
 */
export function shiftClock(byMs: number): string {
  const code = `
    const Real = Date;
    globalThis.Date = class Date extends Real {
      constructor(...given) {
        if (given.length > 0) super(...given);
        else super(Real.now() + ${byMs});
      }
      static now() { return Real.now() + ${byMs}; }
      static [Symbol.hasInstance](value) { return value instanceof Real; }
    };`;
  return `--import=data:text/javascript,${encodeURIComponent(code)}`;
}
