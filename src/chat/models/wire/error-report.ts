import { type Fields, fieldsOf, firstText, isFields, listOf, parseJson, textOf } from './fields.ts';
import { firstLine } from './plain-words.ts';

/** What a provider says about a failure. */
export interface ErrorReport {
  /** Its own words, one line. Undefined where it says nothing that people can read. */
  message: string | undefined;
  /** The types, codes and statuses that it names, in lower case and separated by spaces. */
  signs: string;
}

/** Fields that hold the words of an error, in the order in which they are preferred. */
const wordFields = [
  ...['message', 'Message', 'msg', 'detail', 'error_description', 'error_message', 'error_msg'],
  ...['description', 'title'],
];
/** Fields that name the kind of an error. */
const signFields = ['type', 'code', 'status', 'status_code', 'name', 'error_type', 'error_code', 'reason'];
/** Errors wrap each other, also as JSON within a text. Deeper ones are not read. */
const deepest = 6;

/**
 * Reads an error in whatever form a provider writes it: an object with the error under `error`, `errors` or `detail`
 * or at the top, a list, a text, a web page, or one of these as text within another.
 */
export function readErrorReport(value: unknown, depth = 0): ErrorReport {
  if (depth > deepest) return { message: undefined, signs: '' };
  if (typeof value === 'string') return readText(value, depth);
  if (typeof value === 'number') return { message: undefined, signs: String(value) };
  if (Array.isArray(value)) return readList(value, depth);
  return isFields(value) ? readFields(value, depth) : { message: undefined, signs: '' };
}

function readText(text: string, depth: number): ErrorReport {
  const inner = /^\s*[[{"]/.test(text) ? parseJson(text) : undefined;
  if (inner !== undefined) return readErrorReport(inner, depth + 1);
  return { message: firstLine(text), signs: '' };
}

function readList(list: readonly unknown[], depth: number): ErrorReport {
  const reports = list.slice(0, 3).map((each) => readErrorReport(each, depth + 1));
  return { message: reports.find(({ message }) => message)?.message, signs: joined(reports) };
}

function readFields(fields: Fields, depth: number): ErrorReport {
  // OpenAI's Responses put the error of `response.failed` under `response`.
  const inResponse = fieldsOf(fields['response'])['error'];
  const nested = [fields['error'], fields['errors'], inResponse, ...wordFields.map((name) => fields[name])];
  const reports = nested.map((each) => readErrorReport(each, depth + 1));
  const message = reports.find((report) => report.message !== undefined)?.message;
  const own = signFields.map((name) => textOf(fields[name]));
  // Google names the reason of a refused key in its details only.
  const reasons = listOf(fields['details']).map((detail) => textOf(fieldsOf(detail)['reason']));
  // OpenRouter says "Provider returned error", and what the provider said is in `metadata.raw`.
  const raw = readErrorReport(fieldsOf(fields['metadata'])['raw'], depth + 1);
  const signs = [...own, ...reasons, raw.signs].filter(Boolean).join(' ').toLowerCase();
  const words = message !== undefined && raw.message !== undefined ? `${message}: ${raw.message}` : message;
  // FastAPI says where in the request the mistake is, beside what it is.
  const path = listOf(fields['loc']).map(textOf).filter(Boolean);
  const place = path.slice(path[0] === 'body' ? 1 : 0).join('.');
  const placed = words !== undefined && place !== '' ? `${place}: ${words}` : words;
  return { message: placed ?? raw.message, signs: [signs, joined(reports)].filter(Boolean).join(' ') };
}

function joined(reports: ErrorReport[]): string {
  return reports
    .map(({ signs }) => signs)
    .filter(Boolean)
    .join(' ');
}

/** The error that a part of a response carries, beside or in place of content. Undefined where it carries none. */
export function errorIn(value: Fields, event: string | undefined): ErrorReport | undefined {
  const { error } = value;
  const carriesError = isFields(error) ? Object.keys(error).length > 0 : Boolean(error);
  const namesError =
    event === 'error' || value['type'] === 'error' || value['object'] === 'error' || isBare(value);
  if (!carriesError && !namesError) return undefined;
  const report = readErrorReport(carriesError ? error : value);
  // Some servers put the status beside the error.
  const outer = carriesError ? textOf(value['code'] ?? value['status']).toLowerCase() : '';
  return { ...report, signs: [report.signs, outer].filter(Boolean).join(' ') };
}

const bareFields = ['detail', 'message', 'Message', 'msg', 'error_description', 'error_message', 'error_msg'];

/**
 * An error at the top: `{"detail": …}`, `{"message": …}`, `{"errors": […]}` or the problem details of RFC 9457, and
 * nothing of an answer.
 */
function isBare(value: Fields): boolean {
  if (['choices', 'candidates', 'message', 'delta', 'type'].some((name) => isFields(value[name])))
    return false;
  if (Array.isArray(value['choices']) || Array.isArray(value['candidates']) || 'type' in value) return false;
  const words = firstText(...bareFields.map((name) => value[name]));
  const isProblem = firstText(value['title']) !== '' && Number(value['status']) >= 400;
  return (
    words !== '' || isProblem || listOf(value['detail']).length > 0 || listOf(value['errors']).length > 0
  );
}
