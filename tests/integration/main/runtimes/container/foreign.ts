import { z } from 'zod';
import { engineCall, engineRequest } from '#tests/support/engine-http.ts';
import { webImage } from '#tests/support/web-image.ts';

const named = z.object({ Id: z.string() });
const inspected = z.looseObject({
  Id: z.string(),
  Name: z.string(),
  Image: z.string(),
  Config: z.record(z.string(), z.unknown()),
  HostConfig: z.record(z.string(), z.unknown()),
  Mounts: z.array(z.looseObject({ Type: z.string(), Name: z.string().optional(), Destination: z.string() })),
  NetworkSettings: z.looseObject({
    Networks: z.record(z.string(), z.looseObject({ Aliases: z.array(z.string()).nullable() })),
  }),
});
export type Inspected = z.output<typeof inspected>;

/** What somebody else does with an engine, past the code that is tested. */
export function foreignHand(socketPath: string) {
  const post = async (path: string, body: object = {}) => await engineCall(socketPath, path, { method: 'POST', body });
  return {
    post,
    async create(name: string, body: object): Promise<string> {
      return named.parse(JSON.parse(await post(`/containers/create?name=${name}`, { Image: webImage, ...body }))).Id;
    },
    async inspect(ref: string): Promise<Inspected> {
      return inspected.parse(JSON.parse(await engineCall(socketPath, `/containers/${ref}/json`)));
    },
    async hasVolume(name: string): Promise<boolean> {
      return (await engineRequest(socketPath, `/volumes/${name}`)).status === 200;
    },
    async removeVolume(name: string): Promise<void> {
      await engineRequest(socketPath, `/volumes/${name}`, { method: 'DELETE' });
    },
    async makeNetwork(name: string, subnet?: string): Promise<void> {
      await post('/networks/create', { Name: name, ...(subnet ? { IPAM: { Config: [{ Subnet: subnet }] } } : {}) });
    },
    async removeNetwork(name: string): Promise<void> {
      await engineRequest(socketPath, `/networks/${name}`, { method: 'DELETE' });
    },
    /** An image like the test image, with something more, as a Dockerfile says it. */
    async makeImage(name: string, ...changes: string[]): Promise<void> {
      const from = await this.create(`image-${process.pid}-${Date.now()}`, {});
      const query = new URLSearchParams({ container: from, repo: name, tag: '1' });
      for (const change of changes) query.append('changes', change);
      await post(`/commit?${query}`);
      await engineCall(socketPath, `/containers/${from}`, { method: 'DELETE' });
    },
  };
}
