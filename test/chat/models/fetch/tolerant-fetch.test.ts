import { expect, test } from 'vitest';
import { createTolerantFetch } from '../../../../src/chat/models/fetch/tolerant-fetch.ts';

/** A server that refuses the requests that have this field, with this message. Keeps the bodies of the requests. */
function refusing(field: string, message: string, status = 400) {
  const bodies: Record<string, unknown>[] = [];
  const send = createTolerantFetch(async (_, init) => {
    const body = JSON.parse(String(init?.body));
    bodies.push(body);
    return field in body
      ? Response.json({ error: { message, param: field } }, { status })
      : new Response('answer');
  });
  const ask = async (fields: object, model = 'tiny') => {
    const body = JSON.stringify({ model, ...fields });
    return (await send('http://model.example/', { method: 'POST', body })).text();
  };
  return { bodies, ask };
}

test.each([
  [
    'max_tokens',
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    { max_completion_tokens: 7 },
  ],
  ['max_completion_tokens', 'Unknown field', { max_tokens: 7 }],
  ['temperature', 'Unsupported value: only the default (1) value is supported.', {}],
  ['temperature', '`temperature` is deprecated for this model.', {}],
  ['parallel_tool_calls', "'parallel_tool_calls' is not supported by this model", {}],
  ['reasoning_effort', 'Unrecognized request argument supplied: reasoning_effort', {}],
])(
  'a request without a refused %s is sent again, and remembered for its model: %s',
  async (field, message, instead) => {
    const { bodies, ask } = refusing(field, message);
    expect(await ask({ [field]: 7 })).toBe('answer');
    expect(await ask({ [field]: 7 })).toBe('answer');
    await ask({ [field]: 7 }, 'other');
    expect(bodies).toEqual([
      { model: 'tiny', [field]: 7 },
      { model: 'tiny', ...instead },
      { model: 'tiny', ...instead },
      { model: 'other', [field]: 7 },
      { model: 'other', ...instead },
    ]);
  },
);

test.each([
  ['temperature', 'temperature must be between 0 and 2', 400],
  ['response_format', 'response_format is not supported', 400],
  ['stream_options', 'stream_options is not supported', 401],
])('a refused %s is told: %s', async (field, message, status) => {
  const { bodies, ask } = refusing(field, message, status);
  expect(JSON.parse(await ask({ [field]: 7 }))).toMatchObject({ error: { message } });
  expect(bodies).toHaveLength(1);
});
