// A question of the model has a JSON Schema for its answer. These functions make the fields of a small form from it, and the
// answer from what the user has put in. The gateway checks the answer, so a schema that says more than a form can show
// still holds.

/** How a field is shown. */
type FieldKind =
  | { type: 'text'; maxLength: number | undefined }
  | { type: 'number'; isWhole: boolean; min: number | undefined; max: number | undefined }
  | { type: 'boolean' }
  /** One of some values, or several of them. */
  | { type: 'choice' | 'choices'; options: readonly Option[] }
  /** Everything that has no field of its own is written as JSON. */
  | { type: 'json' };

interface Option {
  value: unknown;
  label: string;
}

export interface QuestionField {
  /** The name of the property. Undefined: the field is the whole answer. */
  name: string | undefined;
  label: string;
  description: string | undefined;
  isRequired: boolean;
  kind: FieldKind;
}

/** What the user has put into a field: a text, the numbers of the chosen options, or whether a box is ticked. */
export type Put = string | readonly number[] | boolean;

type Schema = Record<string, unknown>;

/** The arguments of `ask_user`. What is missing gets the meaning that the gateway gives it. */
export function questionOf(args: unknown): { question: string; fields: readonly QuestionField[] } {
  const { question, schema } = asObject(args);
  return { question: typeof question === 'string' ? question : '', fields: fieldsOf(asSchema(schema)) };
}

function fieldsOf(schema: Schema): QuestionField[] {
  const properties = Object.entries(asObject(schema['properties']));
  if (schema['type'] !== 'object' || properties.length === 0) return [fieldOf(undefined, schema, true)];
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  return properties.map(([name, each]) => fieldOf(name, asObject(each), required.includes(name)));
}

function fieldOf(name: string | undefined, schema: Schema, isRequired: boolean): QuestionField {
  const { title, description } = schema;
  const kind = kindOf(schema);
  return {
    name,
    label: typeof title === 'string' && title.trim() !== '' ? title : (name ?? 'Your answer'),
    description: typeof description === 'string' ? description : undefined,
    isRequired,
    // A box that is not ticked would be an answer that nobody gave.
    kind: kind.type === 'boolean' && name === undefined ? yesOrNo : kind,
  };
}

const yesOrNo: FieldKind = {
  type: 'choice',
  options: [
    { value: true, label: 'Yes' },
    { value: false, label: 'No' },
  ],
};

function kindOf(schema: Schema): FieldKind {
  const options = optionsOf(schema);
  if (options) return { type: 'choice', options };
  const { type, items, minimum, maximum, maxLength } = schema;
  if (type === 'string') return { type: 'text', maxLength: numberOf(maxLength) };
  if (type === 'boolean') return { type };
  if (type === 'number' || type === 'integer') {
    const isWhole = type === 'integer';
    return { type: 'number', isWhole, min: numberOf(minimum), max: numberOf(maximum) };
  }
  const several = type === 'array' ? optionsOf(asObject(items)) : undefined;
  return several ? { type: 'choices', options: several } : { type: 'json' };
}

/** The values of an `enum`, or of constants with titles. Undefined: the schema is no choice. */
function optionsOf(schema: Schema): Option[] | undefined {
  const { enum: values, oneOf, anyOf } = schema;
  if (Array.isArray(values)) return values.map((value) => ({ value, label: labelOf(value) }));
  const constants = [oneOf, anyOf].find((list) => Array.isArray(list));
  if (!Array.isArray(constants) || constants.length === 0) return undefined;
  const named = constants.map(asObject);
  if (!named.every((each) => 'const' in each)) return undefined;
  return named.map((each) => {
    const { const: value, title } = each;
    return { value, label: typeof title === 'string' ? title : labelOf(value) };
  });
}

function labelOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What a field has before the user has put anything in. */
export function emptyPut({ kind: { type } }: QuestionField): Put {
  if (type === 'choices') return [];
  return type === 'boolean' ? false : '';
}

/**
 * The answer that the user has put in.
 *
 * @throws Error with a sentence for the user.
 */
export function answerOf(fields: readonly QuestionField[], puts: readonly Put[]): unknown {
  const values = fields.map((field, index) => ({
    field,
    value: readPut(field, puts[index] ?? emptyPut(field)),
  }));
  const [first] = values;
  if (first && first.field.name === undefined) return first.value;
  const given = values.flatMap(({ field: { name = '' }, value }) =>
    value === undefined ? [] : [[name, value]],
  );
  return Object.fromEntries(given);
}

/** Undefined: the field is left out. */
function readPut({ kind, label, isRequired }: QuestionField, put: Put): unknown {
  if (typeof put === 'boolean') return put;
  if (kind.type === 'choices') {
    const chosen = Array.isArray(put) ? (put as readonly number[]) : [];
    if (chosen.length === 0 && !isRequired) return undefined;
    return kind.options.filter((_option, index) => chosen.includes(index)).map(({ value }) => value);
  }
  const text = String(put);
  if (kind.type === 'text') return text === '' && !isRequired ? undefined : text;
  if (text.trim() === '') {
    if (!isRequired) return undefined;
    throw new Error(`${label}: an answer is missing.`);
  }
  if (kind.type === 'choice') return kind.options[Number(text)]?.value;
  return kind.type === 'number' ? readNumber(text, label) : readJson(text, label);
}

function readNumber(text: string, label: string): number {
  const number = Number(text);
  if (Number.isFinite(number)) return number;
  throw new Error(`${label}: this is not a number.`);
}

function readJson(text: string, label: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${label}: this is not valid JSON. A text needs quotation marks around it.`);
  }
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** Without a schema the answer is a text. */
function asSchema(value: unknown): Schema {
  return typeof value === 'object' && value !== null ? asObject(value) : { type: 'string' };
}

function asObject(value: unknown): Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : {};
}
