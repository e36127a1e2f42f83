/*
 * pveproxy's WebSocket side, with its exact frame rules. What it does not
 * like stalls the way to the guest for good, without a word. It never pings,
 * never closes with a frame, and never holds a fast side back.
 */
import { createHash } from 'node:crypto';
import { Silence, failed } from './errors.mjs';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const FRAME_MAX = 128 * 1024;
const HEAD_MAX = 14;
const LOST_ABOVE = 64 * 1024;
const TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;

export function frame(opcode, payload) {
	const len = payload.length;
	const head = Buffer.alloc(len < 126 ? 2 : len < 65536 ? 4 : 10);

	head[0] = 0x80 | opcode;
	if (head.length === 2) {
		head[1] = len;
	} else if (head.length === 4) {
		head[1] = 126;
		head.writeUInt16BE(len, 2);
	} else {
		head[1] = 127;
		head.writeBigUInt64BE(BigInt(len), 2);
	}
	return Buffer.concat([head, payload]);
}

/*
 * One frame at the start of data: {opcode, payload, used}, null for "need
 * more"; undefined for what pveproxy refuses.
 */
export function readFrame(data) {
	if (data.length < 2)
		return null;
	const isWhole = (data[0] & 0xf0) === 0x80; // FIN, and no RSV bit
	const opcode = data[0] & 0x0f;
	const isMasked = data[1] & 0x80;
	const short = data[1] & 0x7f;
	const more = short === 127 ? 8 : short === 126 ? 2 : 0;

	if (!isWhole || !isMasked ||
		![TEXT, BINARY, CLOSE, PING, PONG].includes(opcode))
		return undefined;
	if (data.length < 2 + more)
		return null;
	const len = more === 8 ? Number(data.readBigUInt64BE(2)) :
		more === 2 ? data.readUInt16BE(2) : short;
	const start = 2 + more + 4;

	if (len > FRAME_MAX)
		return undefined;
	if (data.length < start + len)
		return null;
	const mask = data.subarray(start - 4, start);
	const payload = Buffer.from(data.subarray(start, start + len));

	for (let i = 0; mask.readUInt32BE() && i < len; i++)
		payload[i] ^= mask[i & 3];
	return { opcode, payload, used: start + len };
}

class Proxy {
	constructor(lab, socket, back) {
		this.lab = lab;
		this.socket = socket;
		this.back = back;
		this.parts = [];
		this.size = 0;
		this.isStalled = false;
		socket.setTimeout(0);
		socket.on('error', () => socket.destroy());
		socket.on('close', () => this.end());
		socket.on('end', () => this.end());
		back.on('error', () => back.destroy());
		back.on('data', (data) => this.toClient(data));
		back.on('close', () => this.end());
		lab.count('tunnels.opened');
		lab.tunnels.add(this);
	}

	toClient(data) {
		for (let at = 0; at < data.length; at += FRAME_MAX)
			this.socket.write(frame(BINARY,
				data.subarray(at, at + FRAME_MAX)));
	}

	/* Pieces are joined only when a frame may be whole. */
	fromClient(data) {
		if (this.isStalled)
			return;
		this.parts.push(data);
		this.size += data.length;
		if (this.size < this.needed)
			return;
		let input = Buffer.concat(this.parts);

		for (let f; input.length && !this.isStalled;
			input = input.subarray(f.used)) {
			f = readFrame(input);
			if (f === undefined)
				this.stall();
			if (!f)
				break;
			this.act(f);
		}
		this.parts = [input];
		this.size = input.length;
		this.needed = this.lengthAt(input);
	}

	/* How many bytes make the frame whole that starts here. */
	lengthAt(input) {
		if (input.length < HEAD_MAX)
			return 0;
		const short = input[1] & 0x7f;
		const len = short === 127 ? Number(input.readBigUInt64BE(2)) :
			short === 126 ? input.readUInt16BE(2) : short;

		return Math.min(len, FRAME_MAX);
	}

	stall() {
		this.isStalled = true;
		this.lab.count('tunnels.stalled');
	}

	act({ opcode, payload }) {
		switch (opcode) {
		case PING:
			this.lab.count('tunnels.pings');
			this.socket.write(frame(PONG, payload));
			break;
		case PONG:
			break;
		case CLOSE:
			this.lab.count('tunnels.closed_by_frame');
			this.end();
			break;
		default:
			if (payload.length)
				this.back.write(payload);
		}
	}

	/*
	 * A bare end, never a close frame. What a slow client has not taken by
	 * then is lost, as it is in pveproxy.
	 */
	end() {
		if (!this.lab.tunnels.delete(this))
			return;
		this.isStalled = true;
		this.back.destroy();
		if (this.socket.writableLength > LOST_ABOVE)
			this.socket.destroy();
		else
			this.socket.end();
	}
}

/* Joins a client's socket and a back end; early came with the request. */
export function proxy(lab, socket, early, back) {
	const p = new Proxy(lab, socket, back);

	socket.on('data', (data) => p.fromClient(data));
	if (early.length)
		p.fromClient(early);
	return p;
}

/* The subprotocol comes back as it was offered, list or not. */
function switchingHead(request) {
	const { 'sec-websocket-key': key, 'sec-websocket-protocol': offered } =
		request.headers;
	const accept = createHash('sha1').update(key + GUID).digest('base64');

	return `HTTP/${request.version} 101 Switching Protocols\r\n` +
		'Upgrade: websocket\r\nConnection: Upgrade\r\n' +
		`Sec-WebSocket-Accept: ${accept}\r\n` +
		(offered ? `Sec-WebSocket-Protocol: ${offered}\r\n` : '') + '\r\n';
}

/* The vncwebsocket call has said yes: look who listens, then switch. */
export async function upgradeAnswer({ lab, node, request }, { port }) {
	const { upgrade, 'sec-websocket-version': version,
		'sec-websocket-key': key } = request.headers;

	if (upgrade !== 'websocket')
		throw failed(`unable to upgrade to protocol '${upgrade}'`);
	if (version !== '13')
		throw failed(`unsupported websocket-version '${version ?? ''}'`);
	if (!key)
		throw failed('missing websocket-key');
	const back = await node.ports.take(Number(port));

	if (!back) {
		lab.count('tunnels.nobody_listens');
		throw new Silence();
	}
	return { upgrade: true, head: switchingHead(request),
		take: (socket, early) => proxy(lab, socket, early, back) };
}
