/*
 * pveproxy's HTTP server, by hand, for what it does differently from others:
 * silence where the head is too big, closing idle connections after 5 s,
 * errors without a length, two Connection headers, refusing what it does not
 * know. A Connection reads requests one by one and asks the API; an upgrade
 * takes the socket away from it.
 */
import net from 'node:net';
import tls from 'node:tls';
import { STATUS_CODES } from 'node:http';
import { deflateSync, gzipSync } from 'node:zlib';
import { ApiError, BareError, Silence } from './errors.mjs';
import { after, sleep } from './limits.mjs';

const HEADER_LINES_MAX = 63;
const HEADER_BYTES_MAX = 8 * 1024;
const REQUEST_LINE_MAX = 16 * 1024;
const BODY_MAX = 512 * 1024;
const COMPRESS_MIN = 1024;
const TLS_HANDSHAKE = 0x16;
const KNOWN_METHODS = ['GET', 'POST', 'PUT', 'DELETE'];

function parseHeaders(lines) {
	const headers = {};
	let last = null;

	for (const line of lines) {
		const field = /^([^:\s]+)\s*:\s*(.*)$/.exec(line);
		const more = /^\s+(.*)$/.exec(line);

		if (field) {
			last = field[1].toLowerCase();
			headers[last] = last in headers ?
				`${headers[last]}, ${field[2]}` : field[2];
		} else if (more && last) {
			headers[last] += ` ${more[1]}`;
		} else {
			throw new BareError(400, 'unable to parse request header');
		}
	}
	return headers;
}

/* The request, null for "need more"; throws what to answer. */
function parseHead(text) {
	const end = /\r?\n\r?\n/.exec(text);
	const lines = (end ? text.slice(0, end.index) : text).split(/\r?\n/);
	const [first, ...rest] = lines;
	const bytes = rest.reduce((sum, line) => sum + line.length, 0);

	if (rest.length > HEADER_LINES_MAX || bytes >= HEADER_BYTES_MAX ||
		first.length > REQUEST_LINE_MAX)
		throw new Silence();
	if (!end)
		return null;
	const start = /^(\S+) +(\S+) +HTTP\/(\d+)\.(\d+)$/.exec(first);

	if (!start)
		throw new BareError(400, 'bad request');
	const version = `${start[3]}.${start[4]}`;

	if (start[3] !== '1')
		throw new BareError(506,
			`http protocol version ${version} not supported`);
	return { method: start[1], target: start[2], version,
		headers: parseHeaders(rest), used: end.index + end[0].length,
		body: Buffer.alloc(0) };
}

/* What the server refuses before it looks who asks. */
function checkRequest(request) {
	const { method, headers } = request;
	const coding = headers['transfer-encoding'];
	const type = (headers['content-type'] ?? '').split(';')[0].trim();

	if (!KNOWN_METHODS.includes(method))
		throw new BareError(501, `method '${method}' not available`);
	if (coding)
		throw new BareError(501, coding.toLowerCase() === 'chunked' ?
			'chunked transfer encoding not supported' :
			`Unknown transfer encoding '${coding}'`);
	if (!request.length)
		return;
	if (method !== 'POST' && method !== 'PUT')
		throw new BareError(501, `Unexpected content for method '${method}'`);
	if (request.length > BODY_MAX)
		throw new BareError(501, 'for data too large');
	if (!['', 'application/x-www-form-urlencoded', 'application/json']
		.includes(type))
		throw new BareError(506,
			`upload 'Content-Type '${type}' not implemented`);
}

class Connection {
	constructor(server, socket) {
		this.server = server;
		this.lab = server.lab;
		this.socket = socket;
		this.input = Buffer.alloc(0);
		this.isBusy = false;
		this.isDeaf = false;
		socket.on('data', (data) => this.onData(data));
		socket.on('error', () => socket.destroy());
		socket.on('end', () => socket.end());
		this.rest();
	}

	/* Nothing is being answered: 5 s, then goodbye without a word. */
	rest() {
		clearTimeout(this.idle);
		this.idle = after(this.lab.limits.http_idle,
			() => this.socket.destroy());
	}

	onData(data) {
		if (this.isDeaf)
			return;
		this.input = Buffer.concat([this.input, data]);
		if (this.isBusy)
			return;
		this.rest();
		this.step();
	}

	step() {
		try {
			this.request ??= this.readHead();
			if (this.request && this.readBody())
				this.serve(this.request);
		} catch (error) {
			this.refuse(error);
		}
	}

	readHead() {
		this.input = this.input.subarray(
			/^[\r\n]*/.exec(this.input.toString('latin1', 0, 8))[0].length);
		const request = parseHead(this.input.toString('latin1'));

		if (!request)
			return null;
		this.input = this.input.subarray(request.used);
		request.started = Date.now();
		request.node = this.server.node;
		request.peer = this.socket.remoteAddress;
		request.length = Number(request.headers['content-length'] ?? 0);
		this.lab.count(`requests.${this.server.node.name}`);
		checkRequest(request);
		return request;
	}

	readBody() {
		const { length } = this.request;

		if (this.input.length < length)
			return false;
		this.request.body = this.input.subarray(0, length);
		this.input = this.input.subarray(length);
		return true;
	}

	wantsClose(request) {
		const wish = request.headers.connection ?? '';

		return /close/i.test(wish) ||
			(request.version === '1.0' && !/keep-alive/i.test(wish));
	}

	async serve(request) {
		this.isBusy = true;
		clearTimeout(this.idle);
		try {
			const answer = await this.lab.api.handle(request);

			if (answer.raw)
				answer.raw(this.socket);
			else if (answer.upgrade)
				this.upgrade(answer);
			else
				this.answer(request, answer);
		} catch (error) {
			await this.refuseLater(request, error);
		}
	}

	/* Every 401 takes 3 s from the request's start. */
	async refuseLater(request, error) {
		if (error.status === 401)
			await sleep(Math.max(0, this.lab.limits.refusal -
				(Date.now() - request.started) / 1000));
		this.refuse(error);
	}

	refuse(error) {
		if (error instanceof Silence) {
			this.isDeaf = true; // the idle timer ends it, if it is armed
			return;
		}
		if (!(error instanceof ApiError))
			this.lab.log(`fault: ${error.stack}`);
		const answer = this.lab.api.errorAnswer(error,
			this.request?.format ?? 'json');

		this.answer(this.request ?? { version: '1.1', headers: {
			connection: 'close' } }, answer);
	}

	compress(request, headers, body) {
		const asked = request.headers['accept-encoding'] ?? '';
		const how = /\bgzip\b/.test(asked) ? 'gzip' :
			/\bdeflate\b/.test(asked) ? 'deflate' : null;

		if (!how || body.length <= COMPRESS_MIN)
			return body;
		headers.push(['Content-Encoding', how]);
		return how === 'gzip' ? gzipSync(body) : deflateSync(body);
	}

	answer(request, { status, reason, type, body, isForwarded, more = [] }) {
		const stays = status < 400 && !this.wantsClose(request);
		const headers = [['Cache-Control', 'max-age=0'],
			['Date', new Date().toUTCString()], ['Pragma', 'no-cache'],
			['Server', 'pve-api-daemon/3.0'], ...more];
		const words = (reason || STATUS_CODES[status] || 'error')
			.split('\n')[0];

		if (isForwarded)
			headers.push(['Connection', 'close']);
		headers.push(['Connection', stays ? 'Keep-Alive' : 'close']);
		if (body?.length) {
			body = this.compress(request, headers, Buffer.from(body));
			headers.push(['Content-Length', body.length],
				['Content-Type', type]);
		} else if (stays) {
			headers.push(['Content-Length', 0]);
		}
		this.socket.write(Buffer.concat([Buffer.from(
			`HTTP/${request.version} ${status} ${words}\r\n` +
			headers.map(([k, v]) => `${k}: ${v}\r\n`).join('') + '\r\n',
			'utf8'), body?.length ? body : Buffer.alloc(0)]));
		if (!stays) {
			this.isDeaf = true;
			this.socket.end();
		}
		this.next();
	}

	next() {
		this.request = null;
		this.isBusy = false;
		this.rest();
		if (this.input.length && !this.isDeaf)
			setImmediate(() => this.step());
	}

	upgrade({ head, take }) {
		this.socket.removeAllListeners('data');
		this.socket.removeAllListeners('end');
		this.socket.write(head);
		take(this.socket, this.input);
	}
}

/* Plain HTTP on the TLS port is sent to the same place with https. */
function redirect(socket, data) {
	const [, method, target] = /^(\S+) +(\S+)/.exec(data.toString('latin1')) ??
		[null, 'GET', '/'];
	const host = /^host:\s*(\S+)/im.exec(data.toString('latin1'))?.[1] ??
		`${socket.localAddress}:${socket.localPort}`;
	const status = method === 'GET' || method === 'HEAD' ?
		'301 Moved Permanently' : '308 Permanent Redirect';

	socket.end(`HTTP/1.1 ${status}\r\nLocation: https://${host}${target}\r\n` +
		'Connection: close\r\nContent-Length: 0\r\n\r\n');
}

export class ApiServer {
	constructor(lab, node) {
		this.lab = lab;
		this.node = node;
		this.sockets = new Set();
		this.listeners = [];
		this.secure = tls.createServer({ key: node.certificate.key,
			cert: node.certificate.cert + lab.ca.text });
		this.secure.on('secureConnection',
			(socket) => new Connection(this, socket));
		this.secure.on('tlsClientError', (_, socket) => socket.destroy());
	}

	listen(host, port) {
		const server = net.createServer((socket) => this.onSocket(socket));

		this.listeners.push(server);
		return new Promise((done, fail) => {
			server.once('error', fail);
			server.listen({ host, port, backlog: 511 },
				() => done(server.address().port));
		});
	}

	onSocket(socket) {
		const idle = after(this.lab.limits.http_idle, () => socket.destroy());

		this.sockets.add(socket);
		this.lab.count(`connections.${this.node.name}`);
		socket.setNoDelay(true);
		socket.on('close', () => this.sockets.delete(socket));
		socket.on('error', () => socket.destroy());
		socket.once('data', (data) => {
			clearTimeout(idle);
			socket.pause();
			if (data[0] !== TLS_HANDSHAKE) {
				redirect(socket, data);
				return;
			}
			socket.unshift(data);
			this.secure.emit('connection', socket);
			process.nextTick(() => socket.resume());
		});
	}

	/* As when the machine's power fails: everything at once. */
	close() {
		for (const server of this.listeners)
			server.close();
		for (const socket of this.sockets)
			socket.destroy();
		this.listeners = [];
	}
}
