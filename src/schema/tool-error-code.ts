import { type ToolErrorCode, toolErrorCodes } from '../tools/tool-runner.ts';
import { builder } from './builder.ts';

const codes = Object.entries(toolErrorCodes) as [ToolErrorCode, string][];

export const ToolErrorCodeRef = builder.enumType('ToolErrorCode', {
  description: 'Why a tool call failed or was denied.',
  values: Object.fromEntries(codes.map(([code, description]) => [code, { description }])) as Record<
    ToolErrorCode,
    { description: string }
  >,
});
