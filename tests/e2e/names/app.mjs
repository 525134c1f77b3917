import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

/** An app as a developer has one: a page with a cookie, an event stream and a WebSocket, which says whose it is. */
const { PORT, SAYS = 'an app', DELAY = '0' } = process.env;
const clients = new Set();

const page = `<!doctype html><title>${SAYS}</title><h1>${SAYS}</h1><p id="cookie"></p><p id="stream"></p><p id="socket"></p>
<script>
  document.getElementById('cookie').textContent = document.cookie;
  const stream = new EventSource('/api/stream');
  stream.onmessage = ({ data }) => { document.getElementById('stream').textContent += data + ' '; };
  const socket = new WebSocket('ws://' + location.host + '/ws');
  socket.onmessage = ({ data }) => { document.getElementById('socket').textContent = data; };
  socket.onopen = () => socket.send('hello');
</script>`;

const server = createServer((request, response) => {
  if (request.url === '/api/stream') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    clients.add(response);
    response.write(`data: ${SAYS}\n\n`);
    response.on('close', () => clients.delete(response));
    return;
  }
  if (request.url === '/api/tell') {
    for (const client of clients) client.write('data: more\n\n');
    response.end(String(clients.size));
    return;
  }
  const name = SAYS.replaceAll(' ', '-');
  response.writeHead(200, { 'content-type': 'text/html', 'set-cookie': [`who=${name}; Path=/`, 'second=2; Path=/'] });
  response.end(page);
});
const sockets = new WebSocketServer({ server, path: '/ws' });
sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`${SAYS} heard ${data}`)));

setTimeout(() => server.listen(Number(PORT), '127.0.0.1', () => process.stdout.write('it listens\n')), Number(DELAY));
