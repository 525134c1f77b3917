import { z } from 'zod';
import { isClosError } from '#shared/contract/clos-error.ts';
import { toReplacementBody } from './carry-over.ts';
import { toContainerBody } from './container-body.ts';
import { type NetworkAttachment, parseContainer, toDefinition } from './container-definition.ts';
import { toLikeBody } from './container-like.ts';
import { assertAllowed, type PolicyOptions, policyError } from './container-policy.ts';
import { type EngineConnection, timeouts } from './engine-connection.ts';
import { answerOf, isAmbiguous } from './engine-errors.ts';
import { readImage } from './engine-streams.ts';
import { findVolumeIssue, namedVolumes } from './mount-policy.ts';
import {
  type CallOptions,
  type ContainerEngine,
  containerLabels,
  type EngineLog,
  type ObservedContainer,
} from './types.ts';

export interface CreationOptions {
  connection: EngineConnection;
  log: EngineLog;
  policy: PolicyOptions;
  ensureNetwork: ContainerEngine['ensureNetwork'];
  list(options: CallOptions & { labels: Record<string, string> }): Promise<ObservedContainer[]>;
}

/** One container to make; the body is judged as it will be, with all networks. */
interface Creation {
  name: string;
  body: object;
  further: NetworkAttachment[];
  /** The operation whose container may be adopted when the answer is lost. */
  operation: string | undefined;
  platform?: string | null;
  /** A network to make when it is missing. */
  network?: string;
  policy: PolicyOptions;
}

const createAnswer = z.object({ Id: z.string() });
const imageAnswer = z.object({ Id: z.string() });

/** The part of an engine that makes containers, from a spec or after another container. */
export function createContainerCreation(
  options: CreationOptions,
): Pick<ContainerEngine, 'create' | 'createLike' | 'definition'> {
  const { connection, log, policy, ensureNetwork } = options;

  async function inspect(id: string, { signal }: CallOptions): Promise<unknown> {
    return await connection.read({
      path: `/containers/${encodeURIComponent(id)}/json`,
      doing: `inspect ${id}`,
      signal,
    });
  }

  /** The container that this very operation made, by its label; the only one that a create may adopt. */
  async function findMade({ name, operation }: Creation, { signal }: CallOptions): Promise<string | null> {
    if (operation === undefined) return null;
    const found = await options.list({ labels: { [containerLabels.operation]: operation }, signal });
    return found.find((each) => each.name === name)?.id ?? null;
  }

  /** Volumes that exist already may be folders of the host in disguise. */
  async function checkVolumes(body: object, { signal }: CallOptions): Promise<void> {
    const checks = namedVolumes(body).map(async ({ name, path }) => {
      const read = connection.read({
        path: `/volumes/${encodeURIComponent(name)}`,
        doing: `inspect the volume ${name}`,
        signal,
      });
      const volume = await read.catch((error: unknown) => {
        if (answerOf(error)?.status === 404) return null;
        throw error;
      });
      return findVolumeIssue(volume, path);
    });
    const issues = (await Promise.all(checks)).filter((issue) => issue !== null);
    if (issues.length > 0) throw policyError(issues);
  }

  async function createOrAdopt(creation: Creation, callOptions: CallOptions): Promise<string> {
    const { name, body, platform } = creation;
    try {
      const reply = await connection.call({
        method: 'POST',
        path: '/containers/create',
        query: { name, ...(platform ? { platform } : {}) },
        body: { ...body, name: undefined },
        expect: [200, 201], // 200: some proxies
        doing: `create ${name}`,
        timeoutMs: timeouts.change,
        signal: callOptions.signal,
      });
      return createAnswer.parse(reply.body).Id;
    } catch (error) {
      if (!isAmbiguous(error) && !isClosError(error, 'CONTAINER_NAME_TAKEN')) throw error;
      const made = await findMade(creation, callOptions).catch((lookup: unknown) => {
        log.debug({ err: lookup, name }, 'could not look for the container of a create without answer');
        return null;
      });
      if (made === null) throw error;
      log.info({ container: made, name }, 'adopted the container of a create whose answer was lost');
      return made;
    }
  }

  /** Before its start a container may be connected a second time: that only writes down the same again. */
  async function join(id: string, { name, config }: NetworkAttachment, { signal }: CallOptions): Promise<void> {
    try {
      await connection.call({
        method: 'POST',
        path: `/networks/${encodeURIComponent(name)}/connect`,
        body: { Container: id, EndpointConfig: config },
        expect: [200],
        doing: `connect ${id.slice(0, 12)} to the network ${name}`,
        timeoutMs: timeouts.read,
        retry: true,
        signal,
      });
    } catch (error) {
      // Podman refuses what is so already.
      if (!/already connected/i.test(answerOf(error)?.message ?? '')) throw error;
    }
  }

  /** Not the caller's signal: what was begun is taken back, whatever ended it. The volumes may be the old container's. */
  async function discard(id: string): Promise<void> {
    const request = { method: 'DELETE' as const, path: `/containers/${id}`, query: { v: false }, expect: [204, 404] };
    const doing = `remove ${id.slice(0, 12)}`;
    await connection.call({ ...request, doing, timeoutMs: timeouts.change, retry: true }).catch((error: unknown) => {
      log.warn({ err: error, container: id }, 'a container that lacks a network is left behind');
    });
  }

  async function make(creation: Creation, callOptions: CallOptions): Promise<string> {
    const { body, further, network } = creation;
    const address = await connection.address();
    const engineSockets = [...(creation.policy.engineSockets ?? []), ...(address.kind === 'tcp' ? [] : [address.path])];
    await assertAllowed(withNetworks(body, further), { ...creation.policy, engineSockets });
    await Promise.all([
      network === undefined ? undefined : ensureNetwork(network, callOptions),
      checkVolumes(body, callOptions),
    ]);
    const id = await createOrAdopt(creation, callOptions);
    try {
      for (const attachment of further) await join(id, attachment, callOptions);
    } catch (error) {
      await discard(id);
      throw error;
    }
    return id;
  }

  return {
    async create(spec, { carryFrom, ...callOptions } = {}) {
      const { body, further } =
        carryFrom === undefined
          ? { body: toContainerBody(spec), further: [] }
          : toReplacementBody(spec, parseContainer(await inspect(carryFrom, callOptions)));
      const operation = spec.labels[containerLabels.operation];
      return await make({ name: spec.name, body, further, operation, network: spec.network, policy }, callOptions);
    },

    async createLike(definition, changes, callOptions = {}) {
      const operation = changes.labels?.[containerLabels.operation];
      const like = toLikeBody(definition, changes);
      return await make(
        { ...like, name: changes.name, operation, policy: { ...policy, engineRestarts: true } },
        callOptions,
      );
    },

    async definition(id, callOptions = {}) {
      const container = await inspect(id, callOptions);
      const { Image: imageId, Config: config } = parseContainer(container);
      const [image, named, engine] = await Promise.all([
        imageId === '' ? null : readImage(connection, imageId, callOptions),
        config.Image === '' ? null : readImage(connection, config.Image, callOptions),
        connection.read({ path: '/info', doing: 'describe itself', signal: callOptions.signal }),
      ]);
      const namedImageId = named === null ? null : imageAnswer.parse(named).Id;
      return toDefinition({ container, image, namedImageId, engine });
    },
  };
}

/** The body with all networks that the container will be on, for the policy. */
function withNetworks(body: object, further: readonly NetworkAttachment[]): object {
  if (further.length === 0) return body;
  const { EndpointsConfig: own } = z
    .object({ EndpointsConfig: z.record(z.string(), z.unknown()).default({}) })
    .parse('NetworkingConfig' in body ? body.NetworkingConfig : {});
  const all = { ...own, ...Object.fromEntries(further.map(({ name, config }) => [name, config])) };
  return { ...body, NetworkingConfig: { EndpointsConfig: all } };
}
