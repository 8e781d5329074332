import type { TestGateway } from './gateway.ts';

const viewer = '{ viewer { userId isAdmin expiresAt } }';

/** The viewer that a token identifies, or the status and the error of its refusal. */
export async function whoIs(gateway: Pick<TestGateway, 'url'>, token: string) {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: viewer }),
  });
  const { data, errors } = (await response.json()) as {
    data?: { viewer: { userId: string; isAdmin: boolean } };
    errors?: { message: string; extensions: { code: string } }[];
  };
  const challenge = response.headers.get('www-authenticate');
  return data?.viewer ?? { status: response.status, challenge, ...errors?.[0] };
}
