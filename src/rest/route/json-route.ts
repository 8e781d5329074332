import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import type { z } from '@hono/zod-openapi';
import { writeJson } from '../../base/long-integers.ts';
import { RestError } from '../errors/rest-error.ts';
import { type Parsed, type RouteInput, readInput } from '../input/read-input.ts';
import { describeJsonRoute } from './describe-route.ts';
import { executeDocument } from './execute.ts';
import type { Route, RouteDescription } from './route.ts';

export interface Row<Input extends RouteInput, Data, Variables, Schema extends z.ZodType>
  extends RouteDescription {
  input: Input;
  document: TypedDocumentNode<Data, Variables>;
  /** The schema of the JSON in a successful response. */
  response: Schema;
}

interface JsonRow<Input extends RouteInput, Data, Variables, Schema extends z.ZodType>
  extends Row<Input, Data, Variables, Schema> {
  variables(input: Parsed<Input>): Variables;
  /** Maps the data to the response. Null or undefined means 404: the session does not exist. */
  toJson(data: Data, input: Parsed<Input>): z.input<Schema> | null | undefined;
}

/** A route that executes one document and responds with JSON. */
export function jsonRoute<Input extends RouteInput, Data, Variables, Schema extends z.ZodType>(
  row: JsonRow<Input, Data, Variables, Schema>,
): Route {
  return {
    ...describeJsonRoute(row),
    async handle(c, services) {
      const { raw, parsed } = await readInput(c, services, row.input);
      const variables = row.variables(parsed);
      const data = await executeDocument(c, services, row.document, variables, raw);
      const json = writeJson(orNotFound(row.toJson(data, parsed)));
      return c.body(json, 200, { 'content-type': 'application/json' });
    },
  };
}

/** @throws RestError 404 if the value is null or undefined. */
export function orNotFound<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) {
    throw new RestError(404, 'Session not found');
  }
  return value;
}
