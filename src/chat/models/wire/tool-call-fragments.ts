import { JsonScan } from '../../../base/json-scan.ts';
import { type Fields, fieldsOf, firstText, textOf } from './fields.ts';

/** The name under which a call without a name is reported. No tool has it, so nothing runs, and the model is told. */
export const unnamedTool = 'unnamed_tool';

interface Fragment {
  /** The index and the id as the provider sent them; empty where it sent none. */
  wireIndex: string;
  id: string;
  name: string;
  args: string;
  /** Fields that the next request must repeat, such as Gemini's signatures. */
  extra: unknown;
}

interface Call extends Fragment {
  /** The index that the package is given: 0, 1, 2 … */
  index: number;
  /** How many characters of the arguments the package was given. */
  sent: number;
  scan: JsonScan;
  /** Whether it may be only the name of a complete call, sent once more. It counts when it gets arguments. */
  isDoubtful: boolean;
  isReported: boolean;
}

/**
 * Finds out to which tool call a fragment belongs, and repeats it with an index of its own for each call. Servers send
 * the same index or id for several calls, or none at all, or repeat the name in every fragment. No fragment is dropped,
 * because a call must not run with a part of its arguments.
 */
export class ToolCallFragments {
  readonly #calls: Call[] = [];

  get isEmpty(): boolean {
    return this.#calls.length === 0;
  }

  /** Returns the fragment for the package. Undefined while the call has no name, and for a call that comes again. */
  read(value: unknown): object | undefined {
    const fragment = readFragment(value);
    const { id, name, extra } = fragment;
    // An index alone is no call.
    if (id === '' && name === '' && fragment.args === '' && extra === undefined) return undefined;
    const found = this.#find(fragment);
    if (found !== undefined && isRepetition(found, fragment)) return undefined;
    const call = found ?? this.#begin(fragment);
    call.id ||= fragment.id;
    call.name ||= fragment.name;
    call.wireIndex ||= fragment.wireIndex;
    call.extra ??= fragment.extra;
    // Some servers begin with `{}`, and send the arguments behind it.
    if (isPlaceholder(call.args) && call.sent === 0 && fragment.args.trimStart().startsWith('{')) begin(call);
    call.args += fragment.args;
    call.scan.add(fragment.args);
    if (call.name === '' || isOnlyName(call)) return undefined;
    return report(call, call.sent === 0 && isPlaceholder(call.args) ? '' : call.args.slice(call.sent));
  }

  /** Returns the calls that never got a name. */
  end(): object[] {
    const waiting = this.#calls.filter((call) => !call.isReported && !isOnlyName(call));
    for (const call of waiting) call.name = unnamedTool;
    return waiting.map((call) => report(call, call.args));
  }

  #begin({ wireIndex, id, name, args, extra }: Fragment): Call {
    const call: Call = {
      index: this.#calls.length,
      ...{ wireIndex, id, name, extra, args: '', sent: 0 },
      scan: new JsonScan(),
      isDoubtful: args.trim() === '' && this.#calls.some((each) => each.name === name && each.id === id),
      isReported: false,
    };
    this.#calls.push(call);
    return call;
  }

  /** The call that the fragment continues. Undefined for a new one. */
  #find(fragment: Fragment): Call | undefined {
    const { id, name, wireIndex } = fragment;
    const hasId = (call: Call) => id !== '' && call.id === id;
    const sameId = this.#last((call) => hasId(call) && fits(call.wireIndex, wireIndex));
    const sameIndex = wireIndex === '' ? undefined : this.#last((call) => call.wireIndex === wireIndex);
    if (name === '') return sameId ?? sameIndex ?? this.#last(hasId) ?? this.#unfinished(fragment);
    const candidate = sameId ?? sameIndex ?? (wireIndex === '' ? this.#calls.at(-1) : undefined);
    if (candidate === undefined || !fits(candidate.name, name)) return undefined;
    return isRepetition(candidate, fragment) || continues(candidate, fragment) ? candidate : undefined;
  }

  /** The call that a fragment without name continues when its index or id is unknown: the last one. */
  #unfinished({ id, wireIndex }: Fragment): Call | undefined {
    const last = this.#calls.at(-1);
    if (last === undefined || (id !== '' && wireIndex !== '')) return undefined;
    return id === '' || !last.scan.isComplete ? last : undefined;
  }

  #last(matches: (call: Call) => boolean): Call | undefined {
    return this.#calls.findLast(matches);
  }
}

function readFragment(value: unknown): Fragment {
  const fields = fieldsOf(value);
  const called: Fields = fieldsOf(fields['function'] ?? fields['custom'] ?? fields);
  return {
    wireIndex: textOf(fields['index']),
    id: textOf(fields['id']).trim(),
    name: firstText(called['name']).trim(),
    args: argumentsOf(called['arguments'] ?? called['input'] ?? called['parameters'] ?? called['args']),
    extra: fields['extra_content'] ?? undefined,
  };
}

/** Whether the JSON of a call's arguments names no argument. */
export function hasNoArguments(args: string): boolean {
  return /^(?:\{\s*\})?$/.test(args.trim());
}

/** Arguments as JSON. Some servers send them as an object. */
export function argumentsOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  try {
    return JSON.stringify(value);
  } catch {
    // Nested so deep that it cannot be written. The call is refused, because this is no JSON.
    return '[nested too deep';
  }
}

function fits(known: string, given: string): boolean {
  return known === '' || given === '' || known === given;
}

/** Some servers send the whole call once more at the end. */
function isRepetition(call: Call, { id, args }: Fragment): boolean {
  return id !== '' && call.id === id && call.scan.isComplete && call.args === args;
}

/** Whether a fragment with a name is a further piece of the call, and not another call of the same tool. */
function continues(call: Call, { id, args }: Fragment): boolean {
  if (call.name === '') return true;
  if (call.scan.isComplete) return false;
  const isOther = id !== '' && call.id !== '' && call.id !== id;
  // Some servers make up a new id for every fragment, so the id alone does not begin another call.
  return !isOther || (call.args.trim() !== '' && !/^\s*\{/.test(args));
}

/** `{}`: no arguments, or no arguments yet. */
function isPlaceholder(args: string): boolean {
  return args.trim() !== '' && hasNoArguments(args);
}

function begin(call: Call): void {
  call.args = '';
  call.scan = new JsonScan();
}

function isOnlyName({ isDoubtful, args }: Call): boolean {
  return isDoubtful && args.trim() === '';
}

function report(call: Call, args: string): object {
  const isFirst = !call.isReported;
  call.isReported = true;
  call.sent += args.length;
  const { index, id, name, extra } = call;
  if (!isFirst) return { index, type: 'function', function: { arguments: args } };
  return {
    index,
    type: 'function',
    ...(id === '' ? {} : { id }),
    function: { name, arguments: args },
    ...(extra === undefined ? {} : { extra_content: extra }),
  };
}
