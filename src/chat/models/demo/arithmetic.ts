const spoken: readonly (readonly [RegExp, string])[] = [
  [/\bplus\b/gi, '+'],
  [/\bminus\b|[−–]/gi, '-'],
  [/\b(?:times|multiplied by)\b|×|(?<=\d\s*)x(?=\s*\d)/gi, '*'],
  [/\b(?:divided by|over)\b|÷/gi, '/'],
  [/\bto the power of\b|\*\*/gi, '^'],
  [/\bmod(?:ulo)?\b/gi, '%'],
];

const question =
  /^(?:(?:and|so|please)\s+)?(?:what(?:'s| is)|how much is|calculate|compute|evaluate|solve)?\s*(.*?)\s*[=?.!]*$/is;

/** The longest sum that is tried, in characters. */
const MAX_LENGTH = 200;

/**
 * Reads a prompt that is nothing but arithmetic: `what is 12 times (3 + 4)?`
 * @returns The expression and its value (not finite for a division by zero), undefined for anything else.
 */
export function evaluate(prompt: string): { expression: string; value: number } | undefined {
  let expression = question.exec(prompt.slice(0, MAX_LENGTH + 1))?.[1] ?? '';
  for (const [words, sign] of spoken) expression = expression.replace(words, sign);
  expression = expression.replace(/(?<=\d),(?=\d{3}\b)/g, '').trim();
  if (prompt.length > MAX_LENGTH || !/\d\s*[-+*/^%)]/.test(expression)) return undefined;
  const tokens = expression.match(/\d+(?:\.\d+)?|\S/g) ?? [];
  const value = createParser(tokens)();
  return value === undefined ? undefined : { expression, value };
}

/** Up to 12 significant digits: 0.1 + 0.2 is 0.3. */
export function formatNumber(value: number): string {
  return String(Number(value.toPrecision(12)));
}

const operators: Record<string, (left: number, right: number) => number> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
};

/** A parser of one expression by recursive descent; undefined when the tokens are none. */
function createParser(tokens: string[]): () => number | undefined {
  let next = 0;

  const chain = (signs: string, operand: () => number | undefined) => () => {
    let left = operand();
    for (;;) {
      const sign = tokens[next];
      const operate = sign !== undefined && signs.includes(sign) ? operators[sign] : undefined;
      if (left === undefined || operate === undefined) return left;
      next += 1;
      const right = operand();
      left = right === undefined ? undefined : operate(left, right);
    }
  };

  const atom = (): number | undefined => {
    const token = tokens[next];
    next += 1;
    if (token !== '(') return token !== undefined && /^\d/.test(token) ? Number(token) : undefined;
    const inner = sum();
    return tokens[next++] === ')' ? inner : undefined;
  };
  const signed = (): number | undefined => {
    if (tokens[next] !== '-') return power();
    next += 1;
    const value = signed();
    return value === undefined ? undefined : -value;
  };
  const power = (): number | undefined => {
    const base = atom();
    if (tokens[next] !== '^') return base;
    next += 1;
    const exponent = signed();
    return base === undefined || exponent === undefined ? undefined : base ** exponent;
  };
  const sum = chain('+-', chain('*/%', signed));

  return () => {
    const value = sum();
    return next === tokens.length ? value : undefined;
  };
}
