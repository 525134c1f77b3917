import { z } from 'zod';
import { engineCall } from '#tests/support/engine-http.ts';
import { webImage } from '#tests/support/web-image.ts';
import { type Matrix, newName, removeContainer } from './matrix.ts';
import type { Place } from './programs.ts';

const named = z.object({ Id: z.string() });

/** A container that somebody else has made. */
export interface ForeignContainer {
  id: string;
  name: string;
  remove(): Promise<void>;
}

/** Makes a container past CLOS, which publishes its port 80 at a place, and starts it unless told otherwise. */
export async function foreignContainer(
  matrix: Pick<Matrix, 'socketPath'>,
  { protocol, address, port }: Place,
  {
    name = newName('stranger'),
    start = true,
    host = {},
    config = {},
  }: {
    name?: string;
    start?: boolean;
    host?: object;
    config?: object;
  } = {},
): Promise<ForeignContainer> {
  const { socketPath } = matrix;
  const key = `80/${protocol}`;
  const { Id: id } = named.parse(
    JSON.parse(
      await engineCall(socketPath, `/containers/create?name=${name}`, {
        method: 'POST',
        body: {
          Image: webImage,
          ExposedPorts: { [key]: {} },
          ...config,
          HostConfig: { Init: true, PortBindings: { [key]: [{ HostIp: address, HostPort: String(port) }] }, ...host },
        },
      }),
    ),
  );
  if (start) await engineCall(socketPath, `/containers/${id}/start`, { method: 'POST', body: {} });
  return { id, name, remove: () => removeContainer(matrix, id) };
}
