import { z } from 'zod';
import { longestTimerMs } from './longest-timer.ts';

/** A setting that is a whole number, both ends included. */
export function wholeNumber(least: number, most: number) {
  const expected = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, expected)
    .transform(Number)
    .refine((value) => value >= least && value <= most, expected);
}

/** A setting that is a time. */
export function milliseconds(least: number, most = longestTimerMs) {
  return wholeNumber(least, most);
}

/** A setting that is a list, its items separated by commas. */
export function list(isItem: (item: string) => boolean, expected: string) {
  return z
    .string()
    .transform((text) => text.split(',').map((item) => item.trim()))
    .refine((items) => items.every(isItem), expected)
    .optional();
}
