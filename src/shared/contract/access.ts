/** Roles carry permissions; every public operation names the one that it needs. */
export const permissions = [
  'services:read',
  'services:write',
  'services:operate',
  'ports:read',
  'ports:write',
  'conflicts:read',
  'conflicts:resolve',
  'operations:read',
  'events:read',
  'audit:read',
  'connections:read',
  'webhooks:read',
  'system:read',
  'system:admin',
] as const;
export type Permission = (typeof permissions)[number];

export const roles = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

const viewer: readonly Permission[] = [
  'services:read',
  'ports:read',
  'conflicts:read',
  'operations:read',
  'events:read',
  'system:read',
];
const operator: readonly Permission[] = [...viewer, 'services:operate', 'conflicts:resolve'];

export const rolePermissions: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  viewer: new Set(viewer),
  operator: new Set(operator),
  admin: new Set(permissions),
};

/** The modules of CLOS, in their start order. */
export const moduleNames = ['api', 'resolver', 'worker', 'monitor', 'websocket', 'gateway'] as const;
export type ModuleName = (typeof moduleNames)[number];

/** Who may call an operation: holders of a permission, only sibling modules, or anybody (`/livez`, signing in). */
export type Access = { permission: Permission } | { audience: 'module' } | { audience: 'anyone' };

/** Who asks, as the guard established it. */
export type Principal =
  | { type: 'key' | 'session' | 'desktop'; id: string; name: string; role: Role }
  | { type: 'module'; id: ModuleName | 'supervisor'; name: string };

/** True if the principal may call an operation with this access. Modules may call everything: they are CLOS. */
export function mayCall(principal: Principal | null, access: Access): boolean {
  if ('audience' in access && access.audience === 'anyone') return true;
  if (principal === null) return false;
  if (principal.type === 'module') return true;
  return 'permission' in access && rolePermissions[principal.role].has(access.permission);
}
