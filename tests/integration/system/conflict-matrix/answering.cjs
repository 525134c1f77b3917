/**
 * Holds a port and tells whoever asks who it is: HTTP over TCP, one datagram over UDP.
 *
 * Arguments: protocol, address, port, then `--v6only`, and `--after FILE`, which waits for that file before anything is held.
 */
const { createSocket } = require('node:dgram');
const { existsSync, watch } = require('node:fs');
const { createServer } = require('node:http');
const { isIPv6 } = require('node:net');
const { dirname } = require('node:path');

const [protocol, address, port, ...options] = process.argv.slice(2);
const ipv6Only = options.includes('--v6only');
const after = options.includes('--after') ? options[options.indexOf('--after') + 1] : null;
const self = () =>
  JSON.stringify({ pid: process.pid, argv: process.argv.slice(2), cwd: process.cwd(), env: process.env });

function hold() {
  if (protocol === 'tcp') {
    const server = createServer((_request, answer) => answer.setHeader('connection', 'close').end(self()));
    server.listen({ host: address, port: Number(port), ipv6Only, exclusive: true }, () => console.log('held'));
    return;
  }
  const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', ipv6Only });
  socket.on('message', (_message, from) => socket.send(self(), from.port, from.address));
  socket.bind({ address, port: Number(port), exclusive: true }, () => console.log('held'));
}

if (after === null || existsSync(after)) {
  hold();
} else {
  console.log('waiting');
  const watcher = watch(dirname(after), () => {
    if (!existsSync(after)) return;
    watcher.close();
    hold();
  });
}
