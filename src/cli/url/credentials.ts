import { findReferences, renderTemplate } from '#shared/contract/templates.ts';

/** What a connection string has beside its place, percent-encoded. */
export interface Credentials {
  /** `ada:secret@`, or empty. */
  userInfo: string;
  /** `/shop`, or empty. */
  path: string;
}

type Env = Readonly<Record<string, string>>;

/** The variables by which images are told who may come in, the first that is set counting (from the images' own manuals). */
interface Variables {
  user: readonly string[];
  password: readonly string[];
  database: readonly string[];
  /** Who it is when only a password is set. Undefined: a password stands alone. */
  defaultUser?: string;
  /** Who has the password of `rootPassword`. */
  root?: { name: string; password: readonly string[] };
}

const mysql: Variables = {
  user: ['MYSQL_USER', 'MARIADB_USER'],
  password: ['MYSQL_PASSWORD', 'MARIADB_PASSWORD'],
  database: ['MYSQL_DATABASE', 'MARIADB_DATABASE'],
  root: { name: 'root', password: ['MYSQL_ROOT_PASSWORD', 'MARIADB_ROOT_PASSWORD'] },
};
const postgres: Variables = {
  user: ['POSTGRES_USER'],
  password: ['POSTGRES_PASSWORD'],
  database: ['POSTGRES_DB'],
  defaultUser: 'postgres',
};
const mongodb: Variables = {
  user: ['MONGO_INITDB_ROOT_USERNAME'],
  password: ['MONGO_INITDB_ROOT_PASSWORD'],
  database: ['MONGO_INITDB_DATABASE'],
};

const byScheme: Readonly<Record<string, Variables>> = {
  postgres,
  postgresql: postgres,
  mysql,
  mariadb: mysql,
  mongodb,
  redis: { user: [], password: ['REDIS_PASSWORD'], database: [] },
  amqp: {
    user: ['RABBITMQ_DEFAULT_USER'],
    password: ['RABBITMQ_DEFAULT_PASS'],
    database: ['RABBITMQ_DEFAULT_VHOST'],
  },
};

/** The first that is set, as its program gets it. A template is filled in at the start only, so its value is none here. */
function valueIn(env: Env, names: readonly string[]): string | null {
  const text = names.map((name) => env[name]).find((value) => value !== undefined && value !== '');
  if (text === undefined || findReferences(text).length > 0) return null;
  return renderTemplate(text, () => '');
}

/** Who may come in, and to which database, by the environment of what listens there. */
export function credentialsOf(scheme: string, env: Env): Credentials {
  const variables = byScheme[scheme];
  if (variables === undefined) return { userInfo: '', path: '' };
  const { user, password } = whoIs(variables, env);
  const database = valueIn(env, variables.database);
  const secret = password === null ? '' : `:${encodeURIComponent(password)}`;
  const userInfo = user === null ? '' : `${encodeURIComponent(user)}${secret}@`;
  const path = database === null ? '' : `/${encodeURIComponent(database)}`;
  // The first user of MongoDB is in the database `admin`, whichever one is asked for.
  return { userInfo, path: scheme === 'mongodb' && userInfo !== '' && path !== '' ? `${path}?authSource=admin` : path };
}

function whoIs(variables: Variables, env: Env): { user: string | null; password: string | null } {
  const { root, defaultUser } = variables;
  const password = valueIn(env, variables.password);
  if (variables.user.some((name) => env[name] !== undefined)) return { user: valueIn(env, variables.user), password };
  if (root !== undefined) {
    const rootPassword = valueIn(env, root.password);
    return { user: rootPassword === null ? null : root.name, password: rootPassword };
  }
  if (password === null) return { user: null, password };
  return { user: variables.user.length === 0 ? '' : (defaultUser ?? null), password };
}
