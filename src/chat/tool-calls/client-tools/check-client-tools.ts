import { isSmall, isWithin } from '../../../base/json-checks.ts';
import { roundLongIntegers } from '../../../base/long-integers.ts';
import { shareTurn } from '../../../base/share-turn.ts';
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
/** Levels of all tools that can be measured. */
const deepest = 64;

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
export async function checkClientTools(
  given: readonly GivenTool[] | null | undefined,
  taken: readonly string[],
): Promise<ClientTool[] | undefined> {
  if (given == null) return undefined;
  if (given.length > mostTools) throw bad('', `expected at most ${mostTools} tools`);
  // Reading a schema takes far longer than measuring it. One that is too deep to be measured is refused when it is read.
  if (isWithin(given, deepest) && !isSmall(given, mostBytes)) throw tooLarge();
  const names = new Set([...taken, askUserName]);
  const tools: ClientTool[] = [];
  for (const [index, { name, description, inputSchema }] of given.entries()) {
    const turn = shareTurn();
    if (turn) await turn;
    if (!toolName.test(name)) {
      throw bad(`.${index}.name`, 'expected 1 to 64 of a-z, A-Z, 0-9, _ and -, beginning with a letter or _');
    }
    if (names.has(name))
      throw bad(`.${index}.name`, `expected another name, because there is a tool "${name}"`);
    names.add(name);
    const schema = checkSchema(inputSchema, index);
    tools.push({ name, description: checkDescription(description ?? '', index), inputSchema: schema });
  }
  if (!isSmall(tools, mostBytes)) throw tooLarge();
  return tools;
}

function tooLarge(): GatewayError {
  return bad('', `expected at most ${mostBytes.toLocaleString('en')} bytes of JSON for all tools together`);
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
