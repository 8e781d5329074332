import { z } from 'zod';
import { longestTimerMs } from './longest-timer.ts';

/** The maximum of counts for which any large value will do. */
export const maxCount = 1_000_000_000;

/** A setting that is a whole number from `least` to `most`, both included. */
export function wholeNumber(least: number, most: number) {
  const expected = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, expected)
    .transform(Number)
    .refine((value) => value >= least && value <= most, expected);
}

/** A setting that is a time in milliseconds. */
export function milliseconds(least: number, most = longestTimerMs) {
  return wholeNumber(least, most);
}

/** A setting that is a list of items separated by commas. */
export function list(isItem: (item: string) => boolean, expected: string) {
  return z
    .string()
    .transform((text) => text.split(',').map((item) => item.trim()))
    .refine((items) => items.every(isItem), expected)
    .optional();
}

/** A setting that is a secret key for another service. */
export const apiKey = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'must be a key without spaces or line breaks')
  .meta({ secret: true });

/** A setting that is JSON, checked by this type. Says what was expected where it is no JSON. */
export function json<Type extends z.ZodType>(type: Type, expected: string) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: expected });
        return z.NEVER;
      }
    })
    .pipe(type);
}
