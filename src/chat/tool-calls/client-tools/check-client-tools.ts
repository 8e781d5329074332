import { isSmall } from '../../../base/json-checks.ts';
import { roundLongIntegers } from '../../../base/long-integers.ts';
import { storableJson } from '../../../base/storable-text.ts';
import { wellFormedText } from '../../../base/well-formed-text.ts';
import { GatewayError } from '../../../errors.ts';
import { askUserName } from './ask-user.ts';
import type { ClientTool } from './client-tool.ts';
import { readSchema } from './read-schema.ts';

/** Tools of one prompt. Models get worse at choosing long before that. */
const mostTools = 64;
/** Of all tools of a prompt, as JSON in UTF-8. They are sent with every request to the model. */
const mostBytes = 131_072;
const longestDescription = 4_096;

/** What every provider takes as the name of a tool. */
const toolName = /^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/;

/** A tool as a client describes it. */
export interface GivenTool {
  name: string;
  description?: string | null | undefined;
  inputSchema?: unknown;
}

/**
 * Checks the tools that a prompt is sent with.
 *
 * @param taken The names of the tools that nodes have.
 * @throws GatewayError BAD_USER_INPUT.
 */
export function checkClientTools(
  given: readonly GivenTool[] | null | undefined,
  taken: readonly string[],
): ClientTool[] | undefined {
  if (given == null) return undefined;
  if (given.length > mostTools) throw bad('', `expected at most ${mostTools} tools`);
  const names = new Set([...taken, askUserName]);
  const tools = given.map((tool, index) => {
    const { name, description, inputSchema } = tool;
    if (!toolName.test(name)) {
      throw bad(`.${index}.name`, 'expected 1 to 64 of a-z, A-Z, 0-9, _ and -, beginning with a letter or _');
    }
    if (names.has(name))
      throw bad(`.${index}.name`, `expected another name, because there is a tool "${name}"`);
    names.add(name);
    return {
      name,
      description: checkDescription(description ?? '', index),
      inputSchema: checkSchema(inputSchema, index),
    };
  });
  if (!isSmall(tools, mostBytes)) {
    throw bad('', `expected at most ${mostBytes.toLocaleString('en')} bytes of JSON for all tools together`);
  }
  return tools;
}

function checkDescription(description: string, index: number): string {
  if (description.length > longestDescription) {
    throw bad(
      `.${index}.description`,
      `expected at most ${longestDescription.toLocaleString('en')} characters`,
    );
  }
  const { success } = wellFormedText.safeParse(description);
  if (!success) throw bad(`.${index}.description`, 'expected well-formed Unicode without NUL');
  return description;
}

function checkSchema(schema: unknown, index: number): Record<string, unknown> {
  const read = readSchema(schema);
  if (!read.ok) throw bad(`.${index}.inputSchema`, read.problem);
  if (read.schema.type !== 'object') {
    throw bad(`.${index}.inputSchema`, 'expected a schema of an object, at "type"');
  }
  return storableJson(roundLongIntegers(schema)) as Record<string, unknown>;
}

function bad(place: string, problem: string): GatewayError {
  const field = `input.tools${place}`;
  return new GatewayError('BAD_USER_INPUT', `${field}: ${problem}.`, { field });
}
