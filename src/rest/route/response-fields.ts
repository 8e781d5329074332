import { z } from '@hono/zod-openapi';

export const sessionId = z.int().openapi({ description: 'The id of the session.', example: 1 });

export const resultMessage = z
  .string()
  .openapi({ description: 'A sentence for people that says what was done.' });

export const dateTime = (description: string) =>
  z.string().openapi({ description, format: 'date-time', example: '2026-01-31T12:00:00.000Z' });
