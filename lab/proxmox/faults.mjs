/*
 * Answers that no client should trust: asked for by the control channel,
 * given to the next calls whose path matches.
 */
import { gzipSync } from 'node:zlib';

const JSON_TYPE = 'application/json;charset=UTF-8';
const BOMB_BYTES = 64 << 20;
const BIG_BYTES = 4 << 20;
const DEPTH = 100000;

function ok(body) {
	return { status: 200, type: JSON_TYPE, body };
}

function rawHead(...lines) {
	return ['HTTP/1.1 200 OK', `Content-Type: ${JSON_TYPE}`, ...lines,
		'', ''].join('\r\n');
}

/* What it costs the lab is bounded: it writes only what is taken. */
function endless(socket) {
	const spaces = Buffer.alloc(65536, 0x20);
	const more = () => {
		while (!socket.destroyed && socket.write(spaces))
			continue;
	};

	socket.write(rawHead('Connection: close') + '{"data":[');
	socket.on('drain', more);
	more();
}

function slow(socket) {
	const timer = setInterval(() => socket.write(' '), 300);

	socket.write(rawHead('Content-Length: 100000') + '{"data":[');
	socket.on('close', () => clearInterval(timer));
}

function bomb(socket) {
	const body = gzipSync(Buffer.alloc(BOMB_BYTES, 0x20));

	socket.write(rawHead('Content-Encoding: gzip',
		`Content-Length: ${body.length}`));
	socket.write(body);
}

export const FAULTS = {
	garbage: () => ok('<html>this is no JSON\0\xff'),
	empty: () => ok('{}'),
	deep: () => ok('['.repeat(DEPTH) + ']'.repeat(DEPTH)),
	big: () => ok(`{"data":["${'x'.repeat(BIG_BYTES)}"]}`),
	status: ({ status, reason }) => ({ status, reason, type: JSON_TYPE }),
	data: ({ data }) => ok(JSON.stringify({ data })),
	redirect: ({ location }) => ({ status: 302, type: JSON_TYPE,
		more: [['Location', location ?? 'https://127.0.0.1:9/']] }),
	close: () => ({ raw: (socket) => socket.destroy() }),
	silent: () => ({ raw: () => {} }),
	cut: () => ({ raw: (socket) => socket.end(
		rawHead('Content-Length: 5000') + '{"data":[') }),
	endless: () => ({ raw: endless }),
	slow: () => ({ raw: slow }),
	gzip_bomb: () => ({ raw: bomb }),
	http: ({ text }) => ({ raw: (socket) => socket.end(text) }),
};
