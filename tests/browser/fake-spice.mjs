/*
 * A small SPICE server in memory, for one guest: main, display, inputs,
 * cursor and playback, and an agent. It draws one picture, remembers what is
 * typed and pointed, and says what a test tells it to, also what no honest
 * server would say.
 */
import { generateKeyPairSync } from 'node:crypto';

const MAIN = 1, DISPLAY = 2, INPUTS = 3, CURSOR = 4, PLAYBACK = 5;
const HEADER = 6;
const FRAME_MS = 10;
/* 10 ms of nothing to hear, both ears, as Opus writes it */
const SILENCE = Buffer.from([0xf4, 0xff, 0xfe]);

const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
const KEY = publicKey.export({ type: 'spki', format: 'der' });

export const agentCaps = { text: 1 << 5 | 1 << 6 | 1 << 1, none: 1 << 1 };

function u(...parts) {
	return Buffer.concat(parts.map(([bytes, value]) => {
		const b = Buffer.alloc(bytes);

		if (bytes === 8)
			b.writeBigUInt64LE(BigInt(value));
		else if (bytes === 1)
			b.writeUInt8(value);
		else if (bytes === 2)
			b.writeUInt16LE(value & 0xffff);
		else
			b.writeUInt32LE(value >>> 0);
		return b;
	}));
}

const u8 = (v) => [1, v], u16 = (v) => [2, v], u32 = (v) => [4, v],
	u64 = (v) => [8, v];

export function message(type, body = Buffer.alloc(0)) {
	return Buffer.concat([u(u16(type), u32(body.length)), body]);
}

/* Dots in blue, green, red, nothing: a desk with two windows. */
export function paint(width, height) {
	const dots = Buffer.alloc(width * height * 4);

	for (let y = 0; y < height; y++) {
		for (let x = 0; x < width; x++) {
			const at = (y * width + x) * 4;
			const left = x > width * .08 && x < width * .55 &&
				y > height * .12 && y < height * .7;
			const right = x > width * .48 && x < width * .9 &&
				y > height * .35 && y < height * .85;
			const bar = y > height - 34;
			const title = (right && y < height * .35 + 26) ||
				(left && !right && y < height * .12 + 26);
			const [r, g, b] = bar ? [22, 32, 40] : title ? [40, 96, 122] :
				right ? [246, 247, 249] : left ? [24, 30, 36] :
					[20 + y * 40 / height, 74 + x * 60 / width,
						96 + y * 60 / height];

			dots[at] = b;
			dots[at + 1] = g;
			dots[at + 2] = r;
		}
	}
	return dots;
}

export function surface(id, width, height, primary = true) {
	return message(314, u(u32(id), u32(width), u32(height), u32(32),
		u32(primary ? 1 : 0)));
}

/* top, left, bottom, right */
const rect = (x, y, width, height) =>
	[u32(y), u32(x), u32(y + height), u32(x + width)];

/*
 * A copy of an image onto a surface; `image` is what follows its head. With
 * the flag 1 it is kept under its name.
 */
function copy(id, width, height, type, image, name = 7, flags = 0) {
	const base = u(u32(id), ...rect(0, 0, width, height), u8(0));
	const area = u(...rect(0, 0, width, height), u16(8), u8(0),
		u8(0), u32(0), u32(0), u32(0));
	const offset = base.length + 4 + area.length;

	return message(304, Buffer.concat([base, u(u32(offset)), area,
		u(u64(name), u8(type), u8(flags), u32(width), u32(height)), image]));
}

export function bitmap(id, width, height, dots, claims = {}) {
	const { x = width, y = height, stride = width * 4, name } = claims;

	return copy(id, width, height, 0, Buffer.concat([
		u(u8(8), u8(4), u32(x), u32(y), u32(stride), u32(0)), dots]),
	name, name ? 1 : 0);
}

/* What was kept under that name. */
export function kept(id, width, height, name) {
	return copy(id, width, height, 103, Buffer.alloc(0), name);
}

/* A step of LZ that says: as long as all these bytes together. */
export function endlessLz(id, bytes) {
	const body = Buffer.alloc(bytes, 0xff);

	const head = Buffer.alloc(28);

	head.write('  ZL', 0, 'latin1');
	[0x10001, 8, 64, 64, 256, 1].forEach((v, i) =>
		head.writeUInt32BE(v, 4 + i * 4));
	return copy(id, 64, 64, 100 + 1, Buffer.concat([
		u(u32(head.length + body.length)), head, body]));
}

export function photograph(id, width, height, jpeg) {
	return copy(id, width, height, 105, Buffer.concat([
		u(u32(jpeg.length)), jpeg]));
}

/* Motion JPEG on the first surface, and one picture of it. */
export function film(name, width, height) {
	return message(122, u(u32(0), u32(name), u8(0), u8(1), u64(0),
		u32(width), u32(height), u32(width), u32(height),
		...rect(0, 0, width, height), u8(0)));
}

export function frame(name, jpeg) {
	return message(123, Buffer.concat([u(u32(name), u32(0),
		u32(jpeg.length)), jpeg]));
}

/* Four bytes a dot, so large, and these bits. */
export function quic(id, side, bits) {
	const head = u(u32(20 + bits.length), u32(0x43495551), u32(0), u32(4),
		u32(side), u32(side));

	return copy(id, 64, 64, 1, Buffer.concat([head, bits]));
}

class Channel {
	constructor(spice, send) {
		this.spice = spice;
		this.sendRaw = send;
		this.data = Buffer.alloc(0);
		this.state = 'link';
	}

	send(type, body) {
		this.sendRaw(message(type, body));
	}

	feed(data) {
		this.data = Buffer.concat([this.data, data]);
		while (this.step());
	}

	take(size) {
		if (this.data.length < size)
			return null;
		const piece = this.data.subarray(0, size);

		this.data = this.data.subarray(size);
		return piece;
	}

	step() {
		if (this.state === 'link') {
			if (this.data.length < 16)
				return false;
			const link = this.take(16 + this.data.readUInt32LE(12));

			if (!link)
				return false;
			this.type = link[20];
			this.id = link[21];
			this.state = 'ticket';
			this.sendRaw(Buffer.concat([Buffer.from('REDQ'),
				u(u32(2), u32(2), u32(4 + KEY.length + 12 + 8)),
				u(u32(0)), KEY, u(u32(1), u32(1), u32(178)),
				u(u32(0b1011), u32(0))]));
			return true;
		}
		if (this.state === 'ticket') {
			if (!this.take(4 + 128))
				return false;
			this.state = 'ready';
			this.sendRaw(u(u32(0)));
			this.spice.arrived(this);
			return true;
		}
		if (this.data.length < HEADER)
			return false;
		const size = this.data.readUInt32LE(2);

		if (this.data.length < HEADER + size)
			return false;
		const head = this.take(HEADER);

		this.spice.heard(this, head.readUInt16LE(0), this.take(size));
		return true;
	}
}

/* So many more pieces may be sent to the agent. */
export function agentTokens(count) {
	return u(u32(count));
}

export class FakeSpice {
	channels = new Map();
	keys = [];
	moves = [];
	presses = [];
	texts = [];      /* what the client pasted */
	sizes = [];      /* what size it asked for */
	opened = [];     /* types, in order */
	caps = agentCaps.text;
	mouse = 2;       /* 1: it draws its own, and is told of steps */
	steps = [];
	hasAgent = true;
	plays = false;
	first = null;    /* what the display says instead of its picture */
	#agentData = Buffer.alloc(0);
	#timer = null;

	constructor({ width = 640, height = 400 } = {}) {
		this.width = width;
		this.height = height;
	}

	/* A channel's end: feed(data) takes what the client sends. */
	connect(send) {
		const channel = new Channel(this, send);

		return channel;
	}

	close() {
		clearInterval(this.#timer);
	}

	arrived(channel) {
		this.channels.set(channel.type, channel);
		this.opened.push(channel.type);
		switch (channel.type) {
		case MAIN:
			channel.send(103, u(u32(42), u32(1), u32(this.mouse === 1 ? 1 : 3), u32(this.mouse),
				u32(this.hasAgent ? 1 : 0), u32(10), u32(1), u32(0)));
			break;
		case INPUTS:
			channel.send(101, u(u16(0)));
			break;
		case CURSOR:
			channel.send(101, u(u16(0), u16(0), u16(0), u16(0), u8(1),
				u16(1)));
			channel.send(103, this.pointer(16, 16));
			break;
		case PLAYBACK:
			if (this.plays)
				this.play(channel);
		}
	}

	pointer(width, height) {
		return Buffer.concat([u(u16(0), u16(0), u8(1), u16(0), u64(1), u8(0),
			u16(width), u16(height), u16(0), u16(0)),
		Buffer.alloc(Math.min(width * height * 4, 4096), 0xff)]);
	}

	/* Size and picture; again after a change of the size. */
	draw() {
		const display = this.channels.get(DISPLAY);

		display.sendRaw(surface(0, this.width, this.height));
		display.sendRaw(bitmap(0, this.width, this.height,
			paint(this.width, this.height)));
	}

	play(channel) {
		let time = 1000;

		channel.send(102, u(u32(1), u16(3))); /* mode: Opus */
		channel.send(103, u(u32(2), u16(1), u32(48000), u32(time)));
		this.#timer = setInterval(() => {
			time += FRAME_MS;
			channel.send(101, Buffer.concat([u(u32(time)), SILENCE]));
		}, FRAME_MS);
	}

	heard(channel, type, body) {
		switch (`${channel.type}.${type}`) {
		case `${MAIN}.104`:
			channel.send(104, Buffer.concat([u(u32(7)), Buffer.from([
				DISPLAY, 0, INPUTS, 0, CURSOR, 0, PLAYBACK, 0, DISPLAY, 1,
				9, 0, 10, 0])]));
			break;
		case `${MAIN}.107`:
			this.agentHeard(body);
			break;
		case `${DISPLAY}.101`:
			if (this.first)
				channel.sendRaw(this.first);
			else
				this.draw();
			break;
		case `${INPUTS}.101`: case `${INPUTS}.102`:
			this.keys.push(body.readUInt32LE(0));
			break;
		case `${INPUTS}.111`:
			this.steps.push([body.readInt32LE(0), body.readInt32LE(4)]);
			if (this.steps.length % 4 === 0)
				channel.send(111);
			break;
		case `${INPUTS}.112`:
			this.moves.push([body.readUInt32LE(0), body.readUInt32LE(4)]);
			if (this.moves.length % 4 === 0)
				channel.send(111);
			break;
		case `${INPUTS}.113`:
			this.presses.push(body[0]);
		}
	}

	agentSend(type, body) {
		const all = Buffer.concat([u(u32(1), u32(type), u64(0),
			u32(body.length)), body]);

		for (let at = 0; at < all.length; at += 2000)
			this.channels.get(MAIN).send(107 + 2,
				all.subarray(at, at + 2000));
	}

	agentHeard(piece) {
		const data = this.#agentData = Buffer.concat([this.#agentData, piece]);

		if (data.length < 20 || data.length < 20 + data.readUInt32LE(16))
			return;
		const body = data.subarray(20, 20 + data.readUInt32LE(16));

		this.#agentData = data.subarray(20 + body.length);
		switch (data.readUInt32LE(4)) {
		case 2: /* monitors: flags, count, height, width, ... */
			this.sizes.push([body.readUInt32LE(12), body.readUInt32LE(8)]);
			break;
		case 4:
			this.texts.push(body.subarray(8).toString());
			break;
		case 6:
			if (body.readUInt32LE(0))
				this.agentSend(6, u(u32(0), u32(this.caps)));
			break;
		case 7: /* it has something: ask for it, as a paste does */
			this.agentAsks();
			break;
		case 8:
			this.agentSend(4, Buffer.concat([u(u32(0), u32(1)),
				Buffer.from(this.copied)]));
		}
	}

	/* Somebody in the guest pastes. */
	agentAsks() {
		this.agentSend(8, u(u32(0), u32(1)));
	}

	/* Somebody in the guest copies a text. */
	copies(text) {
		this.copied = text;
		this.agentSend(7, u(u32(0), u32(1)));
	}
}
