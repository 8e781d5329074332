import { readFileSync } from 'node:fs';
import { extendSchema, isAbstractType, isCompositeType, Kind, parse, validate, visit } from 'graphql';
import { expect, test } from 'vitest';
import { graphiqlOptions } from '../../src/http/pages/graphiql.ts';
import { schema } from '../../src/schema/index.ts';
import { readme, readPage, snippets } from '../support/files/readme.ts';

/** The directives of Relay's compiler that the page uses. */
const relayDirectives = parse(`
  directive @connection(key: String!) on FIELD
  directive @deleteRecord on FIELD
  directive @deleteEdge(connections: [ID!]!) on FIELD
`);

const pages = ['src/client/RECIPES.md', 'src/changes/EVENTS.md', 'src/schema/WORKSPACES.md'];
const recipes = pages.flatMap((page) => snippets('graphql', readPage(page)));
const tabs = (graphiqlOptions.defaultTabs ?? []).map(({ query }) => query ?? '');
const inReadme = [...readme.matchAll(/"query": "(.*)"/g)].map(([, query = '']) =>
  query.replaceAll('\\"', '"'),
);
const consoleDocuments = readFileSync('src/console/documents.graphql', 'utf8');

test('the documents of the recipes are valid', () => {
  const extended = extendSchema(schema, relayDirectives);
  for (const recipe of recipes) expect(validate(extended, parse(recipe))).toEqual([]);
  expect(recipes.length).toBeGreaterThan(2);
});

test.each([
  ['recipes', recipes],
  ['tabs of GraphiQL', tabs],
  ['README', inReadme],
  ['console', [consoleDocuments]],
])(
  'the documents of the %s select from concrete types, which stores without possible types keep',
  (_where, documents) => {
    expect(documents.join()).toContain('... on ');
    for (const document of documents) expect(abstractConditionsIn(document)).toEqual([]);
  },
);

/** The names of the interfaces and unions on which a document has fragments. */
function abstractConditionsIn(document: string): string[] {
  const names: string[] = [];
  visit(parse(document), {
    [Kind.NAMED_TYPE]({ name: { value } }) {
      const type = schema.getType(value);
      if (isCompositeType(type) && isAbstractType(type)) names.push(value);
    },
  });
  return names;
}
