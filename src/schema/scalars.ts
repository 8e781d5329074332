import { DateTimeResolver, JSONResolver, LocalDateResolver } from 'graphql-scalars';
import { Upload } from 'graphql-upload-ts';
import { GatewayError } from '../errors.ts';
import { builder } from './builder.ts';

builder.addScalarType('DateTime', DateTimeResolver);
builder.addScalarType('Date', LocalDateResolver);
builder.addScalarType('JSON', JSONResolver);

builder.scalarType('Upload', {
  description:
    'A file, sent as the GraphQL multipart request specification describes: https://github.com/jaydenseric/graphql-multipart-request-spec',
  parseValue: (value) => {
    if (value instanceof Upload) return value.promise;
    throw new GatewayError('BAD_USER_INPUT', 'A file can only be sent in a multipart request.');
  },
  parseLiteral: () => {
    throw new GatewayError('BAD_USER_INPUT', 'A file can only be sent as a variable.');
  },
  serialize: () => {
    throw new Error('An upload can only be an input.');
  },
});
