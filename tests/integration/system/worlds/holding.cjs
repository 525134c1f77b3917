/**
 * Holds several places at once and says its name to whoever asks: HTTP over TCP, one datagram over UDP. Ends when one is taken.
 *
 * Arguments: name, then protocol, address and port of each place.
 */
const { createSocket } = require('node:dgram');
const { createServer } = require('node:http');
const { isIPv6 } = require('node:net');

const [name, ...places] = process.argv.slice(2);

for (let index = 0; index < places.length; index += 3) {
  const [protocol, address, port] = places.slice(index, index + 3);
  if (protocol === 'tcp') {
    const server = createServer((_request, answer) => answer.setHeader('connection', 'close').end(name));
    server.listen({ host: address, port: Number(port), exclusive: true });
    continue;
  }
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  socket.on('message', (_message, from) => socket.send(name, from.port, from.address));
  socket.bind({ address, port: Number(port), exclusive: true });
}
