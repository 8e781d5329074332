import type { z } from '@hono/zod-openapi';

/** A field that has `value` where the client leaves it out or, as FastAPI allows for optional fields, sends null. */
export function orDefault<const T extends string>(schema: z.ZodType<T>, value: NoInfer<T>) {
  return schema
    .nullish()
    .transform((sent) => sent ?? value)
    .openapi({ default: value });
}

/** A field that is unchanged where the client leaves it out or sends null. */
export function orUnchanged<T>(schema: z.ZodType<T>) {
  return schema.nullish().transform((sent) => sent ?? undefined);
}
