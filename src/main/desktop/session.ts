import type { Session } from 'electron';
import { appOrigin } from './links.ts';

/** Copying text is the one thing that the page may ask the system for. */
const allowedPermission = 'clipboard-sanitized-write';

/** Gives a session our scheme, and refuses what a page could ask the system for: camera, notifications, devices and the rest. */
export function confineSession(session: Session, handler: (request: Request) => Promise<Response>): void {
  session.protocol.handle('clos', handler);
  session.setPermissionRequestHandler((...[, permission, decide, { requestingUrl }]) =>
    decide(permission === allowedPermission && requestingUrl.startsWith(`${appOrigin}/`)),
  );
  session.setPermissionCheckHandler(
    (_contents, permission, origin) => permission === allowedPermission && origin.replace(/\/$/, '') === appOrigin,
  );
  session.setDevicePermissionHandler(() => false);
}
