/** How each field of an object is made of `Source`. */
export type Makers<Source, Fields> = { [Name in keyof Fields]: (source: Source) => Fields[Name] };

/**
 * `lazyFields<Source>()(makers)` returns a function that makes an object of a `Source`. Its fields are made when they are
 * first read, each once. Two calls, because TypeScript infers all type arguments of a call, or takes all that are written.
 */
export function lazyFields<Source>() {
  return <Fields extends object>(makers: Makers<Source, Fields>): ((source: Source) => Fields) => {
    class Lazy {
      readonly source: Source;
      readonly made: Partial<Fields> = {};

      constructor(source: Source) {
        this.source = source;
      }
    }
    for (const name of Object.keys(makers) as (keyof Fields)[]) {
      Object.defineProperty(Lazy.prototype, name, {
        get(this: Lazy): Fields[keyof Fields] {
          const field = this.made[name] ?? makers[name](this.source);
          this.made[name] = field;
          return field;
        },
      });
    }
    return (source) => new Lazy(source) as Lazy & Fields;
  };
}
