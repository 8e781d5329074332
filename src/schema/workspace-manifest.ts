import { z } from 'zod';
import { builder } from './builder.ts';
import { MessageRef } from './message.ts';

const manifests = z.array(z.object({ nodeId: z.string(), manifestHash: z.string() }));

type Manifest = z.output<typeof manifests>[number];

const WorkspaceManifestRef = builder.objectRef<Manifest>('WorkspaceManifest').implement({
  description: 'Which files a node had.',
  fields: (t) => ({
    nodeId: t.exposeString('nodeId', { description: 'The `nodeId` of the node.' }),
    manifestHash: t.exposeString('manifestHash', {
      description:
        'The hash of all files of the node, as `manifestHash` of `SessionNode`. Two equal hashes mean the same files.',
    }),
  }),
});

builder.objectField(MessageRef, 'workspaceManifests', (t) =>
  t.field({
    type: [WorkspaceManifestRef],
    description:
      'For an answer that has ended: the files that each attached node had then, so that one can tell which files the agent saw. Empty for a prompt, and for a session without files.',
    resolve: ({ workspaceManifests }) =>
      workspaceManifests === null ? [] : manifests.parse(workspaceManifests),
  }),
);
