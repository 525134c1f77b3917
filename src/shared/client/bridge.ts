import type { TransportRequest, TransportResponse } from './transport.ts';

/**
 * What the preload puts on `window.clos` of the desktop's window, and nothing more.
 *
 * A request crosses as plain data: no signal goes over, and an answer comes whole, without `chunks`.
 */
export interface ClosBridge {
  /** One exchange with the api module. The identity belongs to the channel, so no token travels. */
  request(request: TransportRequest): Promise<TransportResponse>;
  /** The version of the desktop application. */
  version: string;
  /** Asks for a web page in the user's browser; what is not on the list of allowed schemes is refused. */
  openExternal(url: string): void;
  /** Where the live connection is opened, with a one-time ticket in it. */
  websocketUrl(): Promise<string>;
}
