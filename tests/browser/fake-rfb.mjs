/*
 * A screen for tests that need no real one: RFB 3.8 without security, one
 * raw picture an update request. It counts what it is sent.
 */
const WIDTH = 640;
const HEIGHT = 400;
const LENGTHS = { 0: 20, 3: 10, 4: 8, 5: 6 };

function serverInit(name) {
	const title = Buffer.from(name);
	const head = Buffer.alloc(24);

	head.writeUInt16BE(WIDTH, 0);
	head.writeUInt16BE(HEIGHT, 2);
	head.set([32, 24, 0, 1], 4);
	for (const [i, at] of [[255, 8], [255, 10], [255, 12]])
		head.writeUInt16BE(i, at);
	head.set([16, 8, 0], 14);
	head.writeUInt32BE(title.length, 20);
	return Buffer.concat([head, title]);
}

function picture(turn) {
	const head = Buffer.alloc(16);
	const pixels = Buffer.alloc(WIDTH * HEIGHT * 4);

	head.writeUInt16BE(1, 2);
	head.writeUInt16BE(WIDTH, 8);
	head.writeUInt16BE(HEIGHT, 10);
	for (let y = 0; y < HEIGHT; y++) {
		for (let x = 0; x < WIDTH; x++) {
			const at = (y * WIDTH + x) * 4;

			pixels[at] = 80 + (y >> 2);
			pixels[at + 1] = (x >> 2) + turn * 8;
			pixels[at + 2] = 60;
		}
	}
	return Buffer.concat([head, pixels]);
}

/* How long the message at the front is; 0 while that cannot be told. */
function messageLength(data) {
	const kind = data[0];

	if (kind === 2)
		return data.length >= 4 ? 4 + 4 * data.readUInt16BE(2) : 0;
	if (kind === 6) {
		return data.length >= 8 ?
			8 + Math.abs(data.readInt32BE(4)) : 0;
	}
	return LENGTHS[kind] ?? -1;
}

export class FakeScreen {
	keys = [];
	pointers = 0;
	pasted = '';
	constructor(name, send) {
		this.name = name;
		this.send = send;
		this.data = Buffer.alloc(0);
		this.step = 'version';
		this.turn = 0;
		send(Buffer.from('RFB 003.008\n'));
	}

	feed(bytes) {
		this.data = Buffer.concat([this.data, bytes]);
		while (this.take())
			;
	}

	eat(n) {
		const part = this.data.subarray(0, n);

		this.data = this.data.subarray(n);
		return part;
	}

	take() {
		if (this.step === 'version' && this.data.length >= 12) {
			this.eat(12);
			this.step = 'security';
			this.send(Buffer.from([1, 1]));
			return true;
		}
		if (this.step === 'security' && this.data.length >= 1) {
			this.eat(1);
			this.step = 'init';
			this.send(Buffer.alloc(4));
			return true;
		}
		if (this.step === 'init' && this.data.length >= 1) {
			this.eat(1);
			this.step = 'normal';
			this.send(serverInit(this.name));
			return true;
		}
		return this.step === 'normal' && this.data.length > 0 &&
			this.message();
	}

	message() {
		const length = messageLength(this.data);

		if (length < 0)
			throw new Error(`client message ${this.data[0]}`);
		if (length === 0 || this.data.length < length)
			return false;
		this.heard(this.eat(length));
		return true;
	}

	heard(m) {
		if (m[0] === 3 && (m[1] === 0 || this.turn === 0))
			this.send(picture(this.turn++));
		else if (m[0] === 4)
			this.keys.push([m.readUInt32BE(4), m[1] === 1]);
		else if (m[0] === 5)
			this.pointers++;
		else if (m[0] === 6)
			this.pasted = m.subarray(8).toString('latin1');
	}

	/* The guest copies something. */
	copy(text) {
		const head = Buffer.alloc(8);

		head[0] = 3;
		head.writeUInt32BE(text.length, 4);
		this.send(Buffer.concat([head, Buffer.from(text, 'latin1')]));
	}
}
