import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** 0 takes any free port. */
const listenPort = z.int().min(0).max(65_535);

const dayMs = 24 * 3_600_000;

/** How much of something is kept. The newest `always` stay whatever their age, for a clock that jumps must not empty the history. */
function keepSchema(defaults: { maxAgeDays: number; maxCount: number; always: number }) {
  return z
    .strictObject({
      maxAgeDays: z.number().positive().default(defaults.maxAgeDays),
      maxCount: z.int().min(1).default(defaults.maxCount),
      always: z.int().min(0).default(defaults.always),
    })
    .prefault({});
}

/** Configuration is one schema. Order of precedence: environment, then `config.json` of the home, then these defaults. */
export const configSchema = z.strictObject({
  profile: z.enum(['production', 'development', 'test']).default('production'),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  ports: z
    .strictObject({
      gateway: listenPort.default(8080),
      api: listenPort.default(8081),
      websocket: listenPort.default(8082),
      monitor: listenPort.default(8083),
      resolver: listenPort.default(8084),
      dashboard: listenPort.default(3500),
    })
    .prefault({})
    .describe('Preferences; a port that is held is replaced by a sticky fallback'),
  restart: z
    .strictObject({
      minDelayMs: z.int().min(1).default(100),
      maxDelayMs: z.int().min(1).default(30_000),
      giveUpAfter: z.int().min(1).default(5).describe('This many ends within the window make a module degraded'),
      windowMs: z.int().min(1).default(60_000),
    })
    .prefault({}),
  heartbeat: z
    .strictObject({ intervalMs: z.int().min(10).default(2000), missed: z.int().min(1).default(5) })
    .prefault({}),
  stopTimeoutMs: z.int().min(100).default(10_000),
  engine: z
    .strictObject({
      network: z.string().default('clos-network'),
      timeoutMs: z.int().min(100).default(30_000),
      stopGraceMs: z.int().min(0).default(10_000),
    })
    .prefault({}),
  gateway: z
    .strictObject({
      startPatienceMs: z
        .int()
        .min(0)
        .default(30_000)
        .describe('So long a request waits for a service that is starting'),
      headersTimeoutMs: z.int().min(10).default(300_000).describe('Until a service begins to answer'),
      connectTimeoutMs: z.int().min(10).default(2000),
      bodyIdleMs: z
        .int()
        .min(100)
        .default(60_000)
        .describe('An upload may take as long as it takes, but not stand still for so long'),
    })
    .prefault({}),
  process: z
    .strictObject({
      stopGraceMs: z.int().min(0).default(10_000).describe('Between TERM and KILL'),
    })
    .prefault({}),
  backups: z
    .strictObject({
      intervalMs: z
        .int()
        .min(1000)
        .max(7 * dayMs)
        .default(3_600_000),
      keep: z.int().min(1).default(24).describe('Older ones are removed; those from before a migration stay'),
    })
    .prefault({}),
  history: z
    .strictObject({
      sweepMs: z
        .int()
        .min(100)
        .max(7 * dayMs)
        .default(3_600_000),
      events: keepSchema({ maxAgeDays: 90, maxCount: 1_000_000, always: 10_000 }),
      operations: keepSchema({ maxAgeDays: 90, maxCount: 100_000, always: 1000 }),
      conflicts: keepSchema({ maxAgeDays: 90, maxCount: 20_000, always: 1000 }),
      audit: keepSchema({ maxAgeDays: 90, maxCount: 100_000, always: 1000 }),
    })
    .prefault({})
    .describe('How long is kept what has happened'),
  webhooks: z
    .strictObject({
      attempts: z.int().min(1).default(24).describe('Then a delivery is given up: after about a day'),
      firstDelayMs: z.int().min(1).default(1000).describe('After the first failure; doubled after each'),
      lastDelayMs: z.int().min(1).default(7_200_000),
      timeoutMs: z.int().min(10).default(15_000),
    })
    .prefault({}),
  redisUrl: z
    .url({ protocol: /^rediss?$/ })
    .nullable()
    .default(null),
});
export type Config = z.output<typeof configSchema>;
export type Keep = Config['history']['events'];

/** The variables that override the file. */
const variables: ReadonlyArray<{ name: string; path: readonly string[]; number?: true }> = [
  { name: 'CLOS_PROFILE', path: ['profile'] },
  { name: 'CLOS_LOG_LEVEL', path: ['logLevel'] },
  { name: 'CLOS_GATEWAY_PORT', path: ['ports', 'gateway'], number: true },
  { name: 'CLOS_API_PORT', path: ['ports', 'api'], number: true },
  { name: 'CLOS_WEBSOCKET_PORT', path: ['ports', 'websocket'], number: true },
  { name: 'CLOS_MONITOR_PORT', path: ['ports', 'monitor'], number: true },
  { name: 'CLOS_RESOLVER_PORT', path: ['ports', 'resolver'], number: true },
  { name: 'CLOS_DASHBOARD_PORT', path: ['ports', 'dashboard'], number: true },
  { name: 'CLOS_RESTART_GIVE_UP_AFTER', path: ['restart', 'giveUpAfter'], number: true },
  { name: 'CLOS_RESTART_MAX_DELAY_MS', path: ['restart', 'maxDelayMs'], number: true },
  { name: 'CLOS_PROCESS_STOP_GRACE_MS', path: ['process', 'stopGraceMs'], number: true },
  { name: 'CLOS_ENGINE_NETWORK', path: ['engine', 'network'] },
  { name: 'CLOS_BACKUP_INTERVAL_MS', path: ['backups', 'intervalMs'], number: true },
  { name: 'CLOS_BACKUP_KEEP', path: ['backups', 'keep'], number: true },
  { name: 'REDIS_URL', path: ['redisUrl'] },
];

type Tree = { [key: string]: unknown };

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function setPath(tree: Tree, path: readonly string[], value: unknown): void {
  const [head, ...rest] = path;
  if (head === undefined) return;
  if (rest.length === 0) {
    tree[head] = value;
    return;
  }
  const child = tree[head];
  const branch = isTree(child) ? child : {};
  tree[head] = branch;
  setPath(branch, rest, value);
}

/** A configuration that cannot be used: the message names the file or variable, the path and the reason. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

function readFileTree(path: string): Tree {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw new ConfigError(`${path} cannot be read.`, { cause: error });
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isTree(value)) return value;
  } catch (error) {
    throw new ConfigError(`${path} is not valid JSON.`, { cause: error });
  }
  throw new ConfigError(`${path} must hold a JSON object.`);
}

/** Reads the configuration of a home. Throws `ConfigError` with the path of what is wrong. */
export function loadConfig(configFile: string, env: NodeJS.ProcessEnv = process.env): Config {
  const tree = readFileTree(configFile);
  for (const { name, path, number } of variables) {
    const value = env[name];
    if (value !== undefined && value !== '') setPath(tree, path, number ? Number(value) : value);
  }
  const parsed = configSchema.safeParse(tree);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `${issue.path.join('.') || '(top)'}: ${issue.message}`);
  throw new ConfigError(
    `The configuration is not valid (${configFile} and CLOS_ variables).\n  ${issues.join('\n  ')}`,
  );
}
